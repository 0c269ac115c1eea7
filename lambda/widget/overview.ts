import { endOfGrace } from '../core/plan/removal';
import { compareRanges, formatRange, type Range } from '../core/ranges/range';
import { declinedText } from '../core/report/declines';
import type { FeedResult, GuardResult, RunRecord, TargetResult } from '../core/report/run-record';
import { type IntercomRegion, RANGE_SOURCES } from '../shared/intercom-regions';
import { targetName } from '../shared/target-name';
import type { State } from '../sync/state/items';
import { latestRunsIn } from './latest-runs';
import type { Change, RunEntry } from './records';
import type { Sources } from './sources';
import { emptyWarnings, sentence, warningsOf } from './warnings';

/** How the stack configured the sync. */
export interface SyncSettings {
  readonly intercomRegions: readonly IntercomRegion[];
  readonly removalGraceHours: number;
}

/** Everything that the widget shows. */
export interface Overview {
  /** ISO 8601, UTC. */
  readonly now: string;
  readonly warnings: readonly string[];
  readonly plans: readonly WaitingPlan[];
  readonly intercomRegions: readonly RegionOverview[];
  readonly targets: readonly TargetResult[];
  readonly guards: readonly GuardResult[];
  /** ISO 8601, UTC. When the latest run was that had to apply changes. Undefined if none was recorded. */
  readonly lastSyncAt: string | undefined;
  /** Latest first. */
  readonly runs: readonly RunEntry[];
  /** Latest first. Undefined if the log could not be read. */
  readonly changes: readonly Change[] | undefined;
  /** ISO 8601, UTC. Earlier changes were not read. Undefined if all were. */
  readonly changesSince: string | undefined;
}

/** A plan of one target that awaits approval or was declined. */
export interface WaitingPlan {
  readonly planId: string;
  readonly target: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly reason: string;
  /** Whether somebody declined it: it is not applied. */
  readonly declined: boolean;
}

export interface RegionOverview {
  readonly name: string;
  /** As the latest run read it, or else as it was last accepted. */
  readonly feed: (Pick<FeedResult, 'date'> & Partial<Pick<FeedResult, 'status' | 'error'>>) | undefined;
  readonly ranges: readonly RangeOverview[];
}

/** A range that is in force. */
export interface RangeOverview {
  readonly range: string;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
  readonly status: RangeStatus;
}

/** The status of a range: the first that applies. */
export type RangeStatus =
  | { readonly kind: 'awaiting-approval'; readonly planId: string }
  | { readonly kind: 'deferred'; readonly reason: string }
  | { readonly kind: 'expiring'; readonly after: string }
  /** Its grace period is over, and the latest run says nothing about it. */
  | { readonly kind: 'due' }
  | { readonly kind: 'active' };

const ACTIVE: RangeStatus = { kind: 'active' };

/**
 * Joins the ownership records (which ranges are managed, since when) with the latest run that read the targets (their status). Without
 * the log, the state alone is shown.
 */
export function overviewOf(sources: Sources, settings: SyncSettings, now: Date): Overview {
  const log = 'value' in sources.log ? sources.log.value : undefined;
  const state = 'value' in sources.state ? sources.state.value : undefined;
  const latest = latestRunsIn(log?.runs ?? []);
  const { read, sync, guards } = latest;
  const intercomRegions = state ? regionsOf(state, read, settings, now) : [];
  return {
    now: now.toISOString(),
    warnings: [...warningsOf(sources, latest, now), ...emptyWarnings(intercomRegions)],
    plans: plansIn(read),
    intercomRegions,
    targets: read?.targets ?? [],
    guards,
    lastSyncAt: sync?.at,
    runs: log?.runs ?? [],
    changes: log?.changes,
    changesSince: log?.changesSince,
  };
}

/** The plans in a run record that await approval or were declined. */
export function plansIn(run: RunRecord | undefined): WaitingPlan[] {
  return (run?.targets ?? []).flatMap((target) => {
    const { planId, declined, awaitingApproval, error } = target;
    const id = planId ?? declined;
    const reason = declined === null ? (error ?? '') : `${sentence(declinedText(target))}, and is not applied`;
    return id === null
      ? []
      : [{ planId: id, target: targetName(target), ...awaitingApproval, reason, declined: declined !== null }];
  });
}

/** A managed range, in any target. */
interface Owned {
  readonly range: Range;
  readonly intercomRegions: readonly string[];
  readonly addedAt: string;
  readonly absentSince: string | undefined;
}

function regionsOf(state: State, latest: RunRecord | undefined, settings: SyncSettings, now: Date): RegionOverview[] {
  const owned = mergeOwned(state);
  const statusOf = statusesBy(latest, settings.removalGraceHours, now);
  const names = [...RANGE_SOURCES, 'unknown'] as const;
  return names.flatMap((name) => {
    const ofRegion = owned.filter(({ intercomRegions }) =>
      name === 'unknown' ? intercomRegions.length === 0 : intercomRegions.includes(name),
    );
    if (ofRegion.length === 0 && !settings.intercomRegions.some((region) => region === name)) return [];
    const ranges = ofRegion
      .map((entry) => ({ ...entry, status: statusOf(entry) }))
      .sort((a, b) => urgency(a.status) - urgency(b.status) || latestFirst(a, b) || compareRanges(a.range, b.range))
      .map(({ range, addedAt, status }) => ({ range: formatRange(range), addedAt, status }));
    return [{ name, feed: feedOf(name, state, latest), ranges }];
  });
}

/** Each range once, with the time of its first target. */
function mergeOwned({ owned }: State): Owned[] {
  const merged = new Map<string, Owned>();
  for (const entry of [...owned.values()].flat()) {
    const key = formatRange(entry.range);
    const before = merged.get(key);
    merged.set(key, {
      range: entry.range,
      intercomRegions: [...new Set([...(before?.intercomRegions ?? []), ...entry.intercomRegions])],
      addedAt: before && before.addedAt < entry.addedAt ? before.addedAt : entry.addedAt,
      absentSince: before?.absentSince ?? entry.absentSince,
    });
  }
  return [...merged.values()];
}

function statusesBy(latest: RunRecord | undefined, graceHours: number, now: Date): (entry: Owned) => RangeStatus {
  const targets = latest?.targets ?? [];
  // The first that applies comes last.
  const statuses = new Map<string, RangeStatus>([
    ...targets.flatMap(({ pendingRemoval }) => pendingRemoval.map(expiring)),
    ...targets.flatMap(({ deferred }) => deferred.map(isDeferred)),
    ...targets.flatMap(awaiting),
  ]);
  return ({ range, absentSince }) => {
    const status = statuses.get(formatRange(range)) ?? recorded(absentSince, graceHours);
    return status.kind === 'expiring' && Date.parse(status.after) <= now.getTime() ? { kind: 'due' } : status;
  };
}

function expiring({ range, removeAfter }: TargetResult['pendingRemoval'][number]): [string, RangeStatus] {
  return [range, { kind: 'expiring', after: removeAfter }];
}

function isDeferred({ range, reason }: TargetResult['deferred'][number]): [string, RangeStatus] {
  return [range, { kind: 'deferred', reason }];
}

function awaiting({ awaitingApproval, planId, declined }: TargetResult): [string, RangeStatus][] {
  if (declined !== null)
    return awaitingApproval.removed.map((range) => [
      range,
      { kind: 'deferred', reason: `plan ${declined} was declined` },
    ]);
  return planId === null ? [] : awaitingApproval.removed.map((range) => [range, { kind: 'awaiting-approval', planId }]);
}

function recorded(absentSince: string | undefined, graceHours: number): RangeStatus {
  return absentSince === undefined ? ACTIVE : { kind: 'expiring', after: endOfGrace(absentSince, graceHours) };
}

function feedOf(name: string, { feeds }: State, latest: RunRecord | undefined): RegionOverview['feed'] {
  const read = latest?.feeds.find(({ region }) => region === name);
  const accepted = [...feeds.values()].find(({ region }) => region === name);
  return read ?? (accepted && { date: accepted.date ?? null });
}

function urgency({ kind }: RangeStatus): number {
  return kind === 'active' ? 1 : 0;
}

function latestFirst(a: Owned, b: Owned): number {
  return Number(a.addedAt < b.addedAt) - Number(a.addedAt > b.addedAt);
}
