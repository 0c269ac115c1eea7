import * as v from 'valibot';
import { ChangeRecord } from '../core/report/change-records';
import { type RegionResult, RunRecord } from '../core/report/run-record';

/** A run in the log. */
export interface RunEntry extends RunRecord {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** A summary in one line. */
  readonly message: string;
}

/** The changes of one run for one region, over all targets. */
export interface Change {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly runId: string;
  readonly region: RegionResult['region'];
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** A line of the log. */
export interface LogLine {
  /** Milliseconds since 1970, UTC. */
  readonly timestamp: number;
  readonly message: string;
}

const RunLine = v.object({ ...RunRecord.entries, record: v.literal('run'), message: v.string() });
const ChangeLine = v.object({ ...ChangeRecord.entries, mode: v.literal('apply') });

/** The runs in some lines, latest first. Other lines are ignored. */
export function runsIn(lines: readonly LogLine[]): RunEntry[] {
  return latestFirst(lines).flatMap(({ timestamp, message: line }) => {
    const { success, output } = v.safeParse(RunLine, parse(line));
    if (!success) return [];
    const { record: _, ...run } = output;
    return [{ ...run, at: new Date(timestamp).toISOString() }];
  });
}

/** The changes in some lines, latest first. A change in several targets, or in several parts, is one. */
export function changesIn(lines: readonly LogLine[]): Change[] {
  const changes = new Map<string, Change>();
  for (const { timestamp, message } of latestFirst(lines)) {
    const { success, output } = v.safeParse(ChangeLine, parse(message));
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
