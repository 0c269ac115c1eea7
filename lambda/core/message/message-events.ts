import type { RunRecord, TargetResult } from '../report/run-record';
import {
  NOTHING_NOTIFIED_OF_TARGET,
  type NotifiableRun,
  type Notified,
  type NotifiedTarget,
  notifiedAfter,
  planIn,
} from './notified';

/** What a message can be about, the most urgent first. Subscribers filter by it. */
export const EVENTS = [
  'failed',
  'exposed',
  'recovered',
  'no-longer-exposed',
  'awaiting-approval',
  'approved',
  'declined',
  'changed',
  'pending-removal',
] as const;

export type MessageEvent = (typeof EVENTS)[number];

/** What happened in one target. */
export interface TargetEvents {
  readonly target: TargetResult;
  readonly events: ReadonlySet<MessageEvent>;
  /** The pending removals that people were not notified of. */
  readonly pending: TargetResult['pendingRemoval'];
}

/** What happened since people were last notified. */
export interface MessageEvents {
  readonly record: RunRecord;
  /** In the order of `EVENTS`; empty if there is nothing to say. */
  readonly events: readonly MessageEvent[];
  /** Only targets with events. */
  readonly targets: readonly TargetEvents[];
  /** What fails now and did not before, and what failed before and recovered: ids of targets, `FEEDS`, `RUN`. */
  readonly failed: readonly string[];
  readonly recovered: readonly string[];
  /** What is open now and was not before, and what no longer is: `findingNames`. */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
}

export function eventsSince(notified: Notified, run: NotifiableRun): MessageEvents {
  const after = notifiedAfter(notified, run);
  const failed = after.failed.filter((name) => !notified.failed.includes(name));
  const recovered = notified.failed.filter((name) => !after.failed.includes(name));
  const opened = after.open.filter((name) => !notified.open.includes(name));
  const closed = notified.open.filter((name) => !after.open.includes(name));
  const targets = run.record.targets
    .map((target) =>
      eventsOfTarget(target, notified.targets[target.id] ?? NOTHING_NOTIFIED_OF_TARGET, failed, recovered),
    )
    .filter(({ events }) => events.size > 0);
  const found = new Set<MessageEvent>([
    ...targets.flatMap(({ events }) => [...events]),
    ...(failed.length > 0 ? ['failed' as const] : []),
    ...(recovered.length > 0 ? ['recovered' as const] : []),
    ...(opened.length > 0 ? ['exposed' as const] : []),
    ...(closed.length > 0 ? ['no-longer-exposed' as const] : []),
  ]);
  const events = EVENTS.filter((event) => found.has(event));
  return { record: run.record, events, targets, failed, recovered, opened, closed };
}

function eventsOfTarget(
  target: TargetResult,
  notified: NotifiedTarget,
  failed: readonly string[],
  recovered: readonly string[],
): TargetEvents {
  const { id, outcome, added, removed, approved, declined } = target;
  // A target that is still planned was not changed.
  const isApplied = outcome !== 'planned';
  const plan = planIn(target);
  const pending = target.pendingRemoval.filter(({ absentSince }) => absentSince > (notified.pendingSince ?? ''));
  const events: Readonly<Partial<Record<MessageEvent, boolean>>> = {
    failed: failed.includes(id),
    recovered: recovered.includes(id),
    'awaiting-approval': plan !== null && plan !== notified.plan,
    approved: isApplied && approved !== null,
    declined: declined !== null && declined !== notified.declined,
    changed: isApplied && added.length + removed.length > 0,
    'pending-removal': pending.length > 0,
  };
  return { target, events: new Set(EVENTS.filter((event) => events[event])), pending };
}
