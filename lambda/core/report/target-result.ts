import type { RangeSource } from '../../shared/intercom-regions';
import { assessExposure, type InForce } from '../exposure/exposure';
import type { CurrentEntry, OwnershipRecord } from '../plan/entries';
import type { Decision } from '../plan/policy';
import { entriesAfterSteps } from '../plan/written';
import { compareRanges, formatRange, type Range } from '../ranges/range';
import { changesByRegion } from './by-region';
import type { TargetResult } from './run-record';

/** One attempt at a target in one run: its entries, and the decision. */
export interface Attempt {
  readonly target: Pick<TargetResult, 'id' | 'kind' | 'apiCalls' | 'throttled'>;
  readonly snapshot: InForce & { readonly acceptedExposure?: string | undefined };
  /** The ranges that the target is to allow. */
  readonly allowed: readonly Range[];
  /** The ownership records before the attempt; undefined if there are none. */
  readonly owned: readonly OwnershipRecord[] | undefined;
  readonly decision: Decision;
  readonly sequence: { readonly removedFirst: readonly CurrentEntry[] };
  /** Why changes do not fit: those of the plan, none of which are made then, or those that await approval. */
  readonly quotaError: string | undefined;
  readonly ownedAfter: readonly OwnershipRecord[];
}

/** All attempts at one target in one run, in order: after a conflict it is read and planned again. */
export type Attempts<A extends Attempt = Attempt> = [A, ...A[]];

/** The changes that a plan would make. */
export function plannedResult(attempt: Attempt): TargetResult {
  const { add, remove } = attempt.decision.changes;
  // A failed target lists the changes that were made: none yet.
  const changes = attempt.quotaError ? NOTHING : { added: add.map(rangeOf), removed: remove.map(rangeOf) };
  return decidedResult([attempt], changes, attempt.snapshot.entries, 'planned');
}

/** The changes that were made over all attempts, the last of which succeeded. */
export function appliedResult(attempts: Attempts): TargetResult {
  const { snapshot, decision } = lastOf(attempts);
  const after = entriesAfterSteps(snapshot.entries, [decision.changes]);
  return decidedResult(attempts, changesOver(attempts, after), after, 'changed');
}

/**
 * The changes that were made before the target failed.
 *
 * @param after the entries of the target now, or as far as its changes were confirmed; undefined if neither is known
 */
export function failedResult(attempts: Attempts, error: string, after?: readonly CurrentEntry[]): TargetResult {
  const { target } = attempts[0];
  const unread = { ...unreadResult(target, error), conflicts: conflictsIn(attempts) };
  if (after === undefined) return unread;
  const changes = changesOver(attempts, after);
  const approved = approvedPlan(attempts, changes);
  const result = { ...unread, added: texts(changes.added), removed: texts(changes.removed), approved };
  const byRegion = changesByRegion(result, managedIn(after), regionsIn(attempts));
  return { ...result, ...exposureOf(lastOf(attempts), after), byRegion };
}

/** A target that could not be planned. */
export function unreadResult(
  {
    id,
    kind,
    apiCalls = 0,
    throttled = 0,
  }: Pick<TargetResult, 'id' | 'kind'> & Partial<Pick<TargetResult, 'apiCalls' | 'throttled'>>,
  error: string,
): TargetResult {
  return { ...NOTHING_DONE, id, kind, outcome: 'failed', error, apiCalls, throttled };
}

export function lastOf<A extends Attempt>(attempts: Attempts<A>): A {
  return attempts.at(-1) ?? attempts[0];
}

const NOT_DECLINED = { declined: null, declinedBy: null, declinedAt: null } as const;

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
  ...NOT_DECLINED,
  byRegion: [],
  exposed: false,
  exposure: [],
  acceptedExposure: null,
  conflicts: 0,
} as const;

interface RangeChanges {
  readonly added: readonly Range[];
  readonly removed: readonly Range[];
}

const NOTHING: RangeChanges = { added: [], removed: [] };

function decidedResult(
  attempts: Attempts,
  { added, removed }: RangeChanges,
  inForce: readonly CurrentEntry[],
  changed: 'planned' | 'changed',
): TargetResult {
  const { target, decision, sequence, quotaError } = lastOf(attempts);
  const { deferred, pending, awaitingApproval, planId = null, approved } = decision;
  const error = quotaError ?? approvalReason(decision);
  const unchanged = error ? 'awaiting-approval' : 'in-sync';
  const lists = {
    added: texts(added),
    removed: texts(removed),
    pendingRemoval: oncePerRange(pending.map(({ entry, ...times }) => ({ range: formatRange(entry.range), ...times }))),
    awaitingApproval: {
      added: texts(awaitingApproval.add.map(rangeOf)),
      removed: texts(awaitingApproval.remove.map(rangeOf)),
    },
  };
  return {
    id: target.id,
    kind: target.kind,
    outcome: quotaError ? 'failed' : added.length + removed.length > 0 ? changed : unchanged,
    ...lists,
    deferred: deferred.map(({ entry, reason }) => ({ range: formatRange(entry.range), reason })),
    removedFirst: texts(sequence.removedFirst.map(rangeOf)),
    drift: driftOf(attempts[0], added, removed),
    planId: approved || quotaError ? null : planId,
    approved: approved ? planId : approvedPlan(attempts, { added, removed }),
    ...NOT_DECLINED,
    byRegion: changesByRegion(lists, managedIn(inForce), regionsIn(attempts)),
    ...exposureOf(lastOf(attempts), inForce),
    error,
    apiCalls: target.apiCalls,
    throttled: target.throttled,
    conflicts: conflictsIn(attempts),
  };
}

function exposureOf(
  { snapshot: { references, acceptedExposure }, allowed }: Attempt,
  entries: readonly CurrentEntry[],
): Pick<TargetResult, 'exposed' | 'exposure' | 'acceptedExposure'> {
  return { ...assessExposure({ entries, references }, allowed), acceptedExposure: acceptedExposure ?? null };
}

/** Each conflict was followed by another attempt. */
function conflictsIn(attempts: Attempts): number {
  return attempts.length - 1;
}

/** Why changes need an approval or are never made, with the effect on traffic and the next step. */
function approvalReason({ blocked, awaitingApproval, planId }: Decision): string | null {
  if (blocked !== undefined) return blocked;
  if (awaitingApproval.reasons.length === 0) return null;
  const { add, remove } = awaitingApproval;
  const blockedRanges = add.length > 0 ? ['notifications from the new ranges are blocked until then'] : [];
  const openRanges = remove.length > 0 ? ['the withdrawn ranges are still allowed'] : [];
  return (
    `Awaiting approval: ${awaitingApproval.reasons.join('; ')}. The current entries stay in force: ` +
    `${[...blockedRanges, ...openRanges].join('; ')}. Check the feed; if it is correct, invoke the sync with {"approve":"${planId}"}, otherwise with ` +
    `{"decline":"${planId}"}`
  );
}

/**
 * The changes between the first read and now that any attempt planned. After a conflict they can be the result of several writes. Changes
 * that others made in the meantime are not included.
 */
function changesOver(attempts: Attempts, after: readonly CurrentEntry[]): RangeChanges {
  const managed = (entries: readonly CurrentEntry[]) => entries.filter((entry) => entry.managed);
  const [was, is] = [managed(attempts[0].snapshot.entries), managed(after)] as const;
  const planned = attempts.map(({ decision }) => decision.changes);
  const additions = planned.flatMap(({ add }) => add);
  const removals = planned.flatMap(({ remove }) => remove);
  return { added: within(without(is, was), additions), removed: within(without(was, is), removals) };
}

/** The id of the approved plan of which some attempt made changes; null if none did. */
function approvedPlan(attempts: Attempts, { added, removed }: RangeChanges): string | null {
  const made = new Set([...added, ...removed].map(formatRange));
  const isMade = ({ range }: { readonly range: Range }) => made.has(formatRange(range));
  const begun = attempts.find(
    ({
      decision: {
        approvedChanges: { add, remove },
      },
    }) => [...add, ...remove].some(isMade),
  );
  return begun?.decision.planId ?? null;
}

/** Recorded entries that had to be restored, and removed entries without an ownership record. */
function driftOf(
  { snapshot, owned }: Attempt,
  added: readonly Range[],
  removed: readonly Range[],
): TargetResult['drift'] {
  if (owned === undefined) return [];
  const recorded = keysOf(owned);
  // A range that is still present at another port was not removed by others: the configuration has a new port.
  const there = keysOf(snapshot.entries.filter(({ managed }) => managed));
  const lost = added.filter((range) => recorded.has(formatRange(range)) && !there.has(formatRange(range)));
  const foreign = removed.filter((range) => !recorded.has(formatRange(range)));
  return texts([...lost, ...foreign]);
}

/** The regions of a range: those that publish it, or else those in its ownership record. */
function regionsIn(attempts: Attempts): (range: string) => readonly RangeSource[] {
  const intercomRegions = new Map<string, readonly RangeSource[]>();
  for (const { snapshot, decision, ownedAfter } of attempts) {
    const recorded = snapshot.entries.flatMap(({ ownership }) => (ownership ? [ownership] : []));
    for (const entry of [...recorded, ...ownedAfter, ...decision.changes.add, ...decision.awaitingApproval.add]) {
      intercomRegions.set(formatRange(entry.range), entry.intercomRegions);
    }
  }
  return (range) => intercomRegions.get(range) ?? [];
}

interface Place {
  readonly range: Range;
  readonly port: number | undefined;
}

function without(these: readonly Place[], those: readonly Place[]): Range[] {
  const key = ({ range, port }: Place) => `${formatRange(range)} ${port ?? ''}`;
  const known = new Set(those.map(key));
  return these.filter((entry) => !known.has(key(entry))).map(rangeOf);
}

function within(ranges: readonly Range[], entries: readonly Place[]): Range[] {
  const known = keysOf(entries);
  return ranges.filter((range) => known.has(formatRange(range)));
}

function managedIn(entries: readonly CurrentEntry[]): string[] {
  return texts(entries.filter(({ managed }) => managed).map(rangeOf));
}

function keysOf(entries: readonly { readonly range: Range }[]): ReadonlySet<string> {
  return new Set(entries.map(({ range }) => formatRange(range)));
}

function rangeOf({ range }: { readonly range: Range }): Range {
  return range;
}

/** A group has one entry per port. */
function oncePerRange<T extends { readonly range: string }>(entries: readonly T[]): T[] {
  return [...new Map(entries.map((entry) => [entry.range, entry])).values()];
}

/** Each range once, sorted. */
function texts(ranges: readonly Range[]): string[] {
  return [...new Set([...ranges].sort(compareRanges).map(formatRange))];
}
