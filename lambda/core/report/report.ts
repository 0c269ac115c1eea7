import { messageOf } from '../../shared/errors';
import type { IntercomRegion } from '../../shared/intercom-regions';
import { type Attempts, lastOf, type TargetPlan } from '../../sync/reconcile';
import type { SyncMode } from '../../sync/settings';
import type { UnusableTarget } from '../../sync/targets/target';
import type { FeedAssessment } from '../feed/assess';
import type { CurrentEntry, OwnershipRecord } from '../plan/entries';
import type { Decision } from '../plan/policy';
import { compareRanges, formatRange, type Range } from '../ranges/range';
import { changesByRegion } from './by-region';
import type { FeedResult, RunRecord, TargetResult } from './run-record';
import { failuresOf, NoSuchPlanError, SyncFailedError } from './summary';

/** A feed that is all garbage must not make a record too large for the log. */
const MAX_REJECTED = 100;

/** One target's part of a run. */
export type TargetOutcome =
  | {
      readonly kind: 'planned';
      readonly attempts: Attempts;
      readonly owned: readonly OwnershipRecord[] | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly target: UnusableTarget & { apiCalls?: number };
      /** Its entries before the run and after it failed, where something may have been done. */
      readonly before?: readonly CurrentEntry[];
      readonly after?: readonly CurrentEntry[];
    };

export function toReport(
  runId: string,
  mode: SyncMode,
  feeds: readonly FeedAssessment[],
  outcomes: readonly TargetOutcome[],
): RunRecord {
  const targets = outcomes.map((outcome) => toTargetReport(outcome, mode));
  const order = ['changed', 'planned', 'awaiting-approval'] as const;
  const outcome = order.find((candidate) => targets.some((target) => target.outcome === candidate)) ?? 'in-sync';
  const record: RunRecord = { runId, mode, outcome, feeds: feeds.map(toFeedReport), targets, error: null };
  const failures = failuresOf(record);
  return failures.length > 0 ? failedRecord(record, failures.join('. ')) : record;
}

/** The record of a run that failed for a reason. */
export function failedRecord(record: RunRecord, error: string): RunRecord {
  return { ...record, outcome: 'failed', error };
}

/** The record of a run that threw: the one that it had come to, if any, with the reason why it failed. */
export function recordOfError(error: unknown, runId: string, mode: SyncMode): RunRecord {
  if (error instanceof SyncFailedError) return error.report;
  const known = error instanceof NoSuchPlanError ? error.report : { runId, mode, feeds: [], targets: [] };
  return { ...known, outcome: 'failed', error: messageOf(error) };
}

function toFeedReport({ region, status, date, ranges, rejected, distrustReason }: FeedAssessment): FeedResult {
  const more = rejected.length - MAX_REJECTED;
  const rest = more > 0 ? [{ range: '...', reason: `and ${more} more rejected` }] : [];
  return {
    region,
    status,
    date: date ?? null,
    ranges: ranges.map(formatRange),
    rejected: [...rejected.slice(0, MAX_REJECTED), ...rest],
    error: distrustReason ?? null,
  };
}

function toTargetReport(outcome: TargetOutcome, mode: SyncMode): TargetResult {
  return outcome.kind === 'failed' ? toFailedReport(outcome) : toPlannedReport(outcome, mode);
}

function toFailedReport({ target, before = [], after = [] }: Extract<TargetOutcome, { kind: 'failed' }>): TargetResult {
  const { id, kind, error, apiCalls = 0 } = target;
  const { added, removed } = netChanges(before, after);
  return {
    ...NOTHING_DONE,
    id,
    kind,
    outcome: 'failed',
    added: texts(added),
    removed: texts(removed),
    error,
    apiCalls,
  };
}

function toPlannedReport(
  { attempts, owned }: Extract<TargetOutcome, { kind: 'planned' }>,
  mode: SyncMode,
): TargetResult {
  const [first, last] = [attempts[0], lastOf(attempts)];
  const { target, decision, sequence, unfit } = last;
  const { deferred, pending, awaitingApproval, planId = null, approved } = decision;
  const { added, removed } = changesOver(attempts);
  const changed = mode === 'plan' ? 'planned' : 'changed';
  const error = unfit ?? approvalReason(decision);
  const quiet = error ? 'awaiting-approval' : 'in-sync';
  const changes = {
    added: texts(added),
    removed: texts(removed),
    pendingRemoval: oncePerRange(pending.map(({ entry, ...times }) => ({ range: formatRange(entry.range), ...times }))),
    awaitingApproval: {
      added: texts(awaitingApproval.add.map(rangeOf)),
      removed: texts(awaitingApproval.remove.map(rangeOf)),
    },
  };
  const inForce = (mode === 'plan' ? first.snapshot.entries : entriesAfter(last)).filter((entry) => entry.managed);
  return {
    id: target.id,
    kind: target.kind,
    outcome: unfit ? 'failed' : added.length + removed.length > 0 ? changed : quiet,
    ...changes,
    deferred: deferred.map(({ entry, reason }) => ({ range: formatRange(entry.range), reason })),
    removedFirst: texts(sequence.removedFirst.map(rangeOf)),
    drift: owned ? driftOf(first, added, removed, owned) : [],
    planId: approved || unfit ? null : planId,
    approved: approved ? planId : null,
    error,
    byRegion: changesByRegion(changes, texts(inForce.map(rangeOf)), regionsIn(attempts)),
    apiCalls: target.apiCalls,
  };
}

/** The regions of a range: those that publish it, or else those that are remembered to have. */
function regionsIn(attempts: Attempts): (range: string) => readonly IntercomRegion[] {
  const intercomRegions = new Map<string, readonly IntercomRegion[]>();
  for (const { snapshot, decision, ownedAfter } of attempts) {
    const recorded = snapshot.entries.flatMap(({ ownership }) => (ownership ? [ownership] : []));
    for (const entry of [...recorded, ...ownedAfter, ...decision.changes.add, ...decision.awaitingApproval.add]) {
      intercomRegions.set(formatRange(entry.range), entry.intercomRegions);
    }
  }
  return (range) => intercomRegions.get(range) ?? [];
}

/** What is not done without an approval, or never: what it means, and what to do next. */
function approvalReason({ blocked, awaitingApproval, planId }: Decision): string | null {
  if (blocked !== undefined) return blocked;
  if (awaitingApproval.reasons.length === 0) return null;
  const { add, remove } = awaitingApproval;
  const shutOut = add.length > 0 ? ['notifications from the new ranges are blocked until then'] : [];
  const open = remove.length > 0 ? ['the ranges that were withdrawn are still let in'] : [];
  return (
    `Refused until it is approved: ${awaitingApproval.reasons.join('; ')}. What is allowed stays in force: ` +
    `${[...shutOut, ...open].join('; ')}. Look at the feed; if it is right, invoke the sync with {"approve":"${planId}"}`
  );
}

const NOTHING_DONE = {
  added: [],
  removed: [],
  pendingRemoval: [],
  deferred: [],
  removedFirst: [],
  drift: [],
  awaitingApproval: { added: [], removed: [] },
  planId: null,
  approved: null,
  byRegion: [],
} as const;

function changesOver(attempts: Attempts): { readonly added: readonly Range[]; readonly removed: readonly Range[] } {
  const [{ snapshot, decision }, ...again] = attempts;
  // Nobody came in between, so what was planned is what was done.
  if (again.length === 0)
    return { added: decision.changes.add.map(rangeOf), removed: decision.changes.remove.map(rangeOf) };
  return intended(netChanges(snapshot.entries, entriesAfter(lastOf(attempts))), attempts);
}

/** From the first read to the end of the run: a conflict in between may have spread the work over several writes. */
function netChanges(before: readonly CurrentEntry[], after: readonly CurrentEntry[]) {
  const [was, is] = [before.filter((entry) => entry.managed), after.filter((entry) => entry.managed)];
  return { added: without(is, was), removed: without(was, is) };
}

/** What somebody else did meanwhile is not ours to report. */
function intended(
  { added, removed }: ReturnType<typeof netChanges>,
  attempts: Attempts,
): ReturnType<typeof netChanges> {
  const changes = attempts.map(({ decision }) => decision.changes);
  const within = (ranges: readonly Range[], entries: readonly Pick<Placed, 'range'>[]) => {
    const known = new Set(entries.map(({ range }) => formatRange(range)));
    return ranges.filter((range) => known.has(formatRange(range)));
  };
  return {
    added: within(
      added,
      changes.flatMap(({ add }) => add),
    ),
    removed: within(
      removed,
      changes.flatMap(({ remove }) => remove),
    ),
  };
}

function entriesAfter({ snapshot, decision: { changes } }: TargetPlan): CurrentEntry[] {
  const gone = new Set(changes.remove);
  const added = changes.add.map(({ range, port }) => ({ range, port, managed: true, ownership: undefined }));
  return [...snapshot.entries.filter((entry) => !gone.has(entry)), ...added];
}

function without(these: readonly Placed[], those: readonly Placed[]): Range[] {
  const key = ({ range, port }: Placed) => `${formatRange(range)} ${port ?? ''}`;
  const known = new Set(those.map(key));
  return these.filter((entry) => !known.has(key(entry))).map((entry) => entry.range);
}

type Placed = { readonly range: Range; readonly port: number | undefined };

function driftOf(
  { snapshot }: TargetPlan,
  added: readonly Range[],
  removed: readonly Range[],
  owned: readonly OwnershipRecord[],
): string[] {
  const recorded = new Set(owned.map((entry) => formatRange(entry.range)));
  // What is still there at another port was not lost: a port came into the configuration.
  const there = new Set(snapshot.entries.filter((entry) => entry.managed).map((entry) => formatRange(entry.range)));
  const lost = added.filter((range) => recorded.has(formatRange(range)) && !there.has(formatRange(range)));
  const strange = removed.filter((range) => !recorded.has(formatRange(range)));
  return texts([...lost, ...strange]);
}

function rangeOf({ range }: Placed): Range {
  return range;
}

/** A group has one entry a port. */
function oncePerRange<T extends { readonly range: string }>(entries: readonly T[]): T[] {
  return [...new Map(entries.map((entry) => [entry.range, entry])).values()];
}

/** Each range once, sorted. */
function texts(ranges: readonly Range[]): string[] {
  return [...new Set([...ranges].sort(compareRanges).map(formatRange))];
}
