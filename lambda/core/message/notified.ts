import * as v from 'valibot';
import { DISCOVERY_FAILURE } from '../../shared/constants';
import { isAwaitingApproval } from '../report/awaiting';
import { findingNames, GUARD_KEY } from '../report/findings';
import type { RunRecord, TargetResult } from '../report/run-record';
import { UNUSABLE } from '../report/summary';

const Text = v.nullable(v.string());
const NotifiedTarget = v.object({
  /** The plan that awaits approval; `BLOCKED` if changes wait that no approval can apply. */
  plan: Text,
  declined: Text,
  /** The latest `absentSince` of a pending removal. ISO 8601, UTC. */
  pendingSince: Text,
});

/** What people were notified of last: a run that would say the same again sends nothing. */
export const Notified = v.object({
  /** Ids of the failed targets, and the names below. Sorted. */
  failed: v.array(v.string()),
  /** What is open that nobody accepts: `findingNames`. Sorted. */
  open: v.array(v.string()),
  /** By target id. A target of which there is nothing to say is left out. */
  targets: v.record(v.string(), NotifiedTarget),
});

export type Notified = v.InferOutput<typeof Notified>;
export type NotifiedTarget = v.InferOutput<typeof NotifiedTarget>;

export const NOTHING_NOTIFIED: Notified = { failed: [], open: [], targets: {} };
export const NOTHING_NOTIFIED_OF_TARGET: NotifiedTarget = { plan: null, declined: null, pendingSince: null };

/** Instead of a plan id. */
const BLOCKED = 'blocked';
/** Among the failed: no feed could be used. */
export const FEEDS = 'feeds';
/** Among the failed: the run ended before it was done. */
export const RUN = 'run';

/** A run as the messages see it. */
export interface NotifiableRun {
  readonly record: RunRecord;
  /** Whether the run ended early, for another reason than a request that it could not fulfil. */
  readonly endedEarly: boolean;
}

/** What people know once they are notified of a run. A target that failed or was not found, or a run that did not read the targets, changes nothing. */
export function notifiedAfter(notified: Notified, run: NotifiableRun): Notified {
  const read = run.record.targets.map((target): [string, NotifiedTarget] => {
    const before = notified.targets[target.id] ?? NOTHING_NOTIFIED_OF_TARGET;
    return [target.id, target.outcome === 'failed' ? before : notifiedOf(target, before)];
  });
  const isRead = run.record.feeds.length > 0;
  const hidden = Object.entries(notified.targets).filter(([id]) => isHidden(id, run.record));
  const targets = [...read, ...hidden].filter(
    ([, { plan, declined, pendingSince }]) => plan ?? declined ?? pendingSince,
  );
  return {
    failed: failedIn(run, notified),
    open: openIn(run, notified),
    targets: isRead ? Object.fromEntries(targets) : notified.targets,
  };
}

function notifiedOf(target: TargetResult, before: NotifiedTarget): NotifiedTarget {
  const pending = target.pendingRemoval.map(({ absentSince }) => absentSince);
  const known = before.pendingSince === null ? [] : [before.pendingSince];
  return {
    plan: planIn(target),
    declined: target.declined,
    pendingSince: pending.length > 0 ? ([...known, ...pending].sort().at(-1) ?? null) : before.pendingSince,
  };
}

/** The plan that awaits approval in a target, if one does. */
export function planIn(target: TargetResult): string | null {
  return isAwaitingApproval(target) ? (target.planId ?? BLOCKED) : null;
}

/** Whether a target that is not in the record may still be one: the tagged targets could not be found. */
function isHidden(id: string, { targets }: RunRecord): boolean {
  const isDiscovered = targets.every((target) => target.id !== DISCOVERY_FAILURE);
  return !isDiscovered && targets.every((target) => target.id !== id);
}

/** A target that was not read or found is as it was, and so are guards that the run did not check: that of a deployment checks none. */
function openIn({ record }: NotifiableRun, notified: Notified): string[] {
  const { targets, guards } = record;
  const failed = new Set(targets.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id));
  const isUnknown = (name: string) =>
    name.startsWith(GUARD_KEY)
      ? guards.length === 0
      : failed.has(name) || record.feeds.length === 0 || isHidden(name, record);
  return [...new Set([...findingNames(record), ...notified.open.filter(isUnknown)])].sort();
}

/** A run that ended early says nothing of the targets that failed before it. */
function failedIn({ record, endedEarly }: NotifiableRun, notified: Notified): string[] {
  const { targets, feeds } = record;
  const failed = targets.filter(({ outcome }) => outcome === 'failed').map(({ id }) => id);
  const isUnusable = feeds.length > 0 && feeds.every(({ status }) => UNUSABLE.includes(status));
  const hidden = notified.failed.filter((name) => name !== FEEDS && name !== RUN && isHidden(name, record));
  const names = [
    ...failed,
    ...hidden,
    ...(isUnusable ? [FEEDS] : []),
    ...(endedEarly ? [RUN, ...notified.failed] : []),
  ];
  return [...new Set(names)].sort();
}
