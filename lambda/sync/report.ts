import { AllowlistError } from '../shared/errors';
import type { Region } from '../shared/regions';
import type { Refusal } from './feed/document';
import type { FeedReading, FeedStatus } from './feed/reading';
import type { CurrentEntry } from './plan/plan';
import { compareRanges, formatRange, type Range } from './ranges/range';
import type { Survey } from './reconcile';
import type { SyncMode } from './settings';
import type { OwnedRange } from './state/store';
import type { UnusableTarget } from './targets/discover';
import type { TargetKind } from './targets/target';

/** The answer of the function and the log record of the run. A contract: fields may come, none may go. */
export interface SyncReport {
  readonly runId: string;
  readonly mode: SyncMode;
  readonly outcome: 'in-sync' | 'changed' | 'planned' | 'refused';
  readonly feeds: readonly FeedReport[];
  readonly targets: readonly TargetReport[];
}

export interface FeedReport {
  readonly region: Region;
  readonly status: FeedStatus;
  readonly date: string | null;
  /** What the targets shall allow for this region. */
  readonly ranges: readonly string[];
  readonly refused: readonly Refusal[];
  readonly error: string | null;
}

export interface TargetReport {
  readonly id: string;
  readonly kind: TargetKind;
  readonly outcome: 'in-sync' | 'changed' | 'planned' | 'refused' | 'failed';
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly pendingRemoval: readonly { range: string; absentSince: string; removeAfter: string }[];
  /** Removals that a rule keeps from happening, and why. */
  readonly held: readonly { readonly range: string; readonly reason: string }[];
  /** Ours that somebody removed and that came back, and strangers in sets that are wholly ours. */
  readonly drift: readonly string[];
  readonly planId: string | null;
  readonly error: string | null;
  readonly apiCalls: number;
}

/** A feed that is all garbage must not make a record too large for the log. */
const MAX_REFUSED = 100;

/** One target's part of a run. */
export type TargetOutcome =
  | {
      readonly kind: 'surveyed';
      readonly first: Survey;
      readonly last: Survey;
      readonly owned: readonly OwnedRange[] | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly target: UnusableTarget & { apiCalls?: number };
      /** Its entries before the run and after it failed, where something may have been done. */
      readonly before?: readonly CurrentEntry[];
      readonly after?: readonly CurrentEntry[];
    };

/**
 * Thrown after the record was logged, when any target failed or no feed could be used at all. Everything that could be done
 * was done first.
 */
export class SyncFailedError extends AllowlistError {
  override readonly name = 'SyncFailedError';

  constructor(readonly report: SyncReport) {
    super(`Sync ${report.runId} failed. ${failuresOf(report).join('. ')}. All that could be done was done`);
  }
}

export function toReport(
  runId: string,
  mode: SyncMode,
  feeds: readonly FeedReading[],
  outcomes: readonly TargetOutcome[],
): SyncReport {
  const targets = outcomes.map((outcome) => toTargetReport(outcome, mode));
  const order = ['changed', 'planned', 'refused'] as const;
  const outcome = order.find((candidate) => targets.some((target) => target.outcome === candidate)) ?? 'in-sync';
  return { runId, mode, outcome, feeds: feeds.map(toFeedReport), targets };
}

/** Why the run counts as failed; empty if it does not. */
export function failuresOf({ feeds, targets }: SyncReport): string[] {
  const failed = targets.filter((target) => target.outcome === 'failed');
  const unusable = feeds.filter((feed) => feed.status === 'failed' || feed.status === 'invalid');
  const failures = failed.map((target) => `Target ${target.id}: ${target.error}`);
  if (unusable.length === feeds.length) {
    const reasons = unusable.map((feed) => `${feed.region}: ${feed.error}`).join('; ');
    failures.push(`No feed could be used, so the lists in force stay as they are and may miss new ranges: ${reasons}`);
  }
  return failures;
}

function toFeedReport({ region, status, date, ranges, refused, doubt }: FeedReading): FeedReport {
  const more = refused.length - MAX_REFUSED;
  const rest = more > 0 ? [{ range: '...', reason: `and ${more} more refused` }] : [];
  return {
    region,
    status,
    date: date ?? null,
    ranges: ranges.map(formatRange),
    refused: [...refused.slice(0, MAX_REFUSED), ...rest],
    error: doubt ?? null,
  };
}

function toTargetReport(outcome: TargetOutcome, mode: SyncMode): TargetReport {
  if (outcome.kind === 'failed') {
    const { id, kind, error, apiCalls = 0 } = outcome.target;
    const { added, removed } = netChanges(outcome.before ?? [], outcome.after ?? []);
    return {
      id,
      kind,
      outcome: 'failed',
      ...NOTHING_DONE,
      added: texts(added),
      removed: texts(removed),
      error,
      apiCalls,
    };
  }
  const { first, last, owned } = outcome;
  const { held, refusal } = last.verdict;
  const { added, removed } = netChanges(first.snapshot.entries, entriesAfter(last));
  const changed = added.length + removed.length > 0;
  return {
    id: last.target.id,
    kind: last.target.kind,
    outcome: changed ? (mode === 'plan' ? 'planned' : 'changed') : refusal ? 'refused' : 'in-sync',
    ...NOTHING_DONE,
    added: texts(added),
    removed: texts(removed),
    held: held.map(({ entry, reason }) => ({ range: formatRange(entry.range), reason })),
    drift: owned ? driftOf(first, added, removed, owned) : [],
    error: refusal ?? null,
    apiCalls: last.target.apiCalls,
  };
}

const NOTHING_DONE = { added: [], removed: [], pendingRemoval: [], held: [], drift: [], planId: null } as const;

/** From the first read to the end of the run: a conflict in between may have spread the work over several writes. */
function netChanges(before: readonly CurrentEntry[], after: readonly CurrentEntry[]) {
  const [was, is] = [before.filter((entry) => entry.ours), after.filter((entry) => entry.ours)];
  return { added: without(is, was), removed: without(was, is) };
}

function entriesAfter({ verdict: { changes, held } }: Survey): CurrentEntry[] {
  const added = changes.add.map((entry) => ({ ...entry, ours: true }));
  return [...changes.unchanged, ...held.map(({ entry }) => entry), ...added];
}

function without(these: readonly Placed[], those: readonly Placed[]): Range[] {
  const key = ({ range, port }: Placed) => `${formatRange(range)} ${port ?? ''}`;
  const known = new Set(those.map(key));
  return these.filter((entry) => !known.has(key(entry))).map((entry) => entry.range);
}

type Placed = { readonly range: Range; readonly port: number | undefined };

function driftOf(
  { snapshot }: Survey,
  added: readonly Range[],
  removed: readonly Range[],
  owned: readonly OwnedRange[],
): string[] {
  const remembered = new Set(owned.map((entry) => formatRange(entry.range)));
  // What is still there at another port was not lost: a port came into the configuration.
  const there = new Set(snapshot.entries.filter((entry) => entry.ours).map((entry) => formatRange(entry.range)));
  const lost = added.filter((range) => remembered.has(formatRange(range)) && !there.has(formatRange(range)));
  const strange = removed.filter((range) => !remembered.has(formatRange(range)));
  return texts([...lost, ...strange]);
}

/** Each range once, sorted: a group has one entry a port. */
function texts(ranges: readonly Range[]): string[] {
  return [...new Set([...ranges].sort(compareRanges).map(formatRange))];
}

/** One line that reads well by itself at 3 a.m. */
export function summaryOf(report: SyncReport): string {
  const failures = failuresOf(report);
  const feeds = report.feeds.map((feed) => `${feed.region} ${feed.ranges.length} ranges (${feed.status})`).join(', ');
  const targets = report.targets
    .filter((target) => target.outcome !== 'in-sync')
    .map(({ id, outcome, added, removed }) => `${id} ${outcome} +${added.length} -${removed.length}`);
  const changes = targets.length > 0 ? targets.join(', ') : `all ${report.targets.length} targets in sync`;
  const verb = report.mode === 'plan' ? 'Plan' : 'Sync';
  return failures.length > 0
    ? `${verb} failed. ${failures.join('. ')}`
    : `${verb} ${report.outcome}: ${changes}; feeds: ${feeds}`;
}
