import type { RunRecord, TargetResult } from '../report/run-record';
import { NOTHING_TOLD_OF_TARGET, planIn, type Told, type ToldRun, type ToldTarget, toldAfter } from './told';

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

/** What is new in one target. */
export interface TargetNews {
  readonly target: TargetResult;
  readonly events: ReadonlySet<MessageEvent>;
  /** The pending removals that people were not told of. */
  readonly pending: TargetResult['pendingRemoval'];
}

/** What is new since people were last told. */
export interface News {
  readonly record: RunRecord;
  /** In the order of `EVENTS`; empty if there is nothing to tell. */
  readonly events: readonly MessageEvent[];
  /** Only targets of which there is something to tell. */
  readonly targets: readonly TargetNews[];
  /** What fails now and did not before, and what failed before and recovered: ids of targets, `FEEDS`, `RUN`. */
  readonly failed: readonly string[];
  readonly recovered: readonly string[];
  /** What is open now and was not before, and what no longer is: `openingNames`. */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
}

export function newsOf(told: Told, run: ToldRun): News {
  const after = toldAfter(told, run);
  const failed = after.failed.filter((name) => !told.failed.includes(name));
  const recovered = told.failed.filter((name) => !after.failed.includes(name));
  const opened = after.open.filter((name) => !told.open.includes(name));
  const closed = told.open.filter((name) => !after.open.includes(name));
  const targets = run.record.targets
    .map((target) => targetNews(target, told.targets[target.id] ?? NOTHING_TOLD_OF_TARGET, failed, recovered))
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

function targetNews(
  target: TargetResult,
  told: ToldTarget,
  failed: readonly string[],
  recovered: readonly string[],
): TargetNews {
  const { id, outcome, added, removed, approved, declined } = target;
  // A target that is still planned was not changed.
  const isApplied = outcome !== 'planned';
  const plan = planIn(target);
  const pending = target.pendingRemoval.filter(({ absentSince }) => absentSince > (told.pendingSince ?? ''));
  const events: Readonly<Partial<Record<MessageEvent, boolean>>> = {
    failed: failed.includes(id),
    recovered: recovered.includes(id),
    'awaiting-approval': plan !== null && plan !== told.plan,
    approved: isApplied && approved !== null,
    declined: declined !== null && declined !== told.declined,
    changed: isApplied && added.length + removed.length > 0,
    'pending-removal': pending.length > 0,
  };
  return { target, events: new Set(EVENTS.filter((event) => events[event])), pending };
}
