import * as v from 'valibot';
import type { IntercomRegionName, RegionChanges } from '../core/report/by-region';
import type { FeedReport, SyncReport, TargetReport } from '../core/report/report';
import { INTERCOM_REGIONS } from '../shared/intercom-regions';

/** What the widget shows of a run's record, be it the answer of the sync function or a line of its log. */
export interface Run extends Pick<SyncReport, 'runId' | 'mode' | 'outcome'> {
  readonly feeds: readonly RunFeed[];
  readonly targets: readonly RunTarget[];
}

export type RunFeed = Pick<FeedReport, 'region' | 'status' | 'date' | 'rejected' | 'error'>;

type ShownOfTarget =
  | 'id'
  | 'kind'
  | 'outcome'
  | 'added'
  | 'removed'
  | 'pendingRemoval'
  | 'deferred'
  | 'awaitingApproval'
  | 'planId'
  | 'error';

export interface RunTarget extends Pick<TargetReport, ShownOfTarget> {
  readonly intercomRegions: readonly Pick<RegionChanges, 'region' | 'inForce'>[];
}

const Ranges = v.array(v.string());
const Nullable = v.nullable(v.string());
const IntercomRegion = v.picklist([...INTERCOM_REGIONS, 'unknown']);

const Feed = v.object({
  region: v.picklist(INTERCOM_REGIONS),
  status: v.picklist(['fresh', 'not-modified', 'stale', 'invalid', 'failed', 'fallback']),
  date: Nullable,
  rejected: v.array(v.object({ range: v.string(), reason: v.string() })),
  error: Nullable,
});
const Target = v.object({
  id: v.string(),
  kind: v.picklist(['ip-set', 'security-group', 'prefix-list']),
  outcome: v.picklist(['in-sync', 'changed', 'planned', 'awaiting-approval', 'failed']),
  added: Ranges,
  removed: Ranges,
  pendingRemoval: v.array(v.object({ range: v.string(), absentSince: v.string(), removeAfter: v.string() })),
  deferred: v.array(v.object({ range: v.string(), reason: v.string() })),
  awaitingApproval: v.object({ added: Ranges, removed: Ranges }),
  planId: Nullable,
  error: Nullable,
  intercomRegions: v.array(v.object({ region: IntercomRegion, inForce: v.number() })),
});

const entries = {
  runId: v.string(),
  mode: v.picklist(['apply', 'plan']),
  outcome: v.picklist(['in-sync', 'changed', 'planned', 'awaiting-approval']),
  feeds: v.array(Feed),
  targets: v.array(Target),
};

/** Reads the answer of the sync function. */
export const Run: v.GenericSchema<unknown, Run> = v.object(entries);

/** A run as it stands in the log. */
export interface LoggedRun extends Run {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** One line that reads well by itself. */
  readonly message: string;
  readonly failed: boolean;
}

/** What one run changed for one region, in all targets together. */
export interface Change {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly runId: string;
  readonly region: IntercomRegionName;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** A line of the log. */
export interface LogLine {
  /** Milliseconds since 1970, UTC. */
  readonly timestamp: number;
  readonly message: string;
}

const RunLine = v.object({ ...entries, record: v.literal('run'), message: v.string(), level: v.string() });
const DiffLine = v.object({
  record: v.literal('diff'),
  mode: v.literal('apply'),
  runId: v.string(),
  region: IntercomRegion,
  added: Ranges,
  removed: Ranges,
});

/** The runs in some lines, latest first. Other lines are passed over. */
export function runsIn(lines: readonly LogLine[]): LoggedRun[] {
  return latestFirst(lines).flatMap(({ timestamp, message: line }) => {
    const { success, output } = v.safeParse(RunLine, parse(line));
    if (!success) return [];
    const { level, record: _, ...run } = output;
    return [{ ...run, at: new Date(timestamp).toISOString(), failed: level === 'ERROR' }];
  });
}

/** What was changed according to some lines, latest first. A change in several targets, or in several parts, is one. */
export function changesIn(lines: readonly LogLine[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { timestamp, message } of latestFirst(lines)) {
    const { success, output } = v.safeParse(DiffLine, parse(message));
    if (!success || output.added.length + output.removed.length === 0) continue;
    const { runId, region, added, removed } = output;
    const before = changes.get(`${runId} ${region}`);
    changes.set(`${runId} ${region}`, {
      at: before?.at ?? new Date(timestamp).toISOString(),
      runId,
      region,
      added: [...new Set([...(before?.added ?? []), ...added])],
      removed: [...new Set([...(before?.removed ?? []), ...removed])],
    });
  }
  return [...changes.values()];
}

function latestFirst(lines: readonly LogLine[]): LogLine[] {
  return [...lines].sort((a, b) => b.timestamp - a.timestamp);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
