import { type CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { HOUR_MS } from '../shared/time';
import { type Change, changesIn, type LogLine, type RunEntry, runsIn } from './records';

/** The recent past according to the sync's log, latest first. */
export interface RecentActivity {
  readonly runs: readonly RunEntry[];
  readonly changes: readonly Change[];
  /** ISO 8601, UTC. Earlier changes were not read, because there are too many. Undefined if all were read. */
  readonly changesSince: string | undefined;
}

/** A successful run must occur in this time, or an alarm is raised. At least 36 runs are due in it. */
export const RUN_HOURS = 26;
export const CHANGE_DAYS = 30;
/** A page is 1 MB at most (CloudWatch Logs, FilterLogEvents), and a person waits. */
const MAX_PAGES = 5;

/** Filter patterns, so that CloudWatch Logs returns only these records ("Using filter patterns to match terms in JSON log events"). */
const RUNS = '{ $.record = "run" }';
const CHANGES = '{ ($.record = "diff") && ($.mode = "apply") && (($.added[0] = "*") || ($.removed[0] = "*")) }';

/** Reads the runs of the last 26 hours and the changes of the last 30 days. @throws Error when AWS does not answer */
export async function readRecentActivity(
  logs: CloudWatchLogsClient,
  logGroup: string,
  now: Date,
  signal: AbortSignal,
): Promise<RecentActivity> {
  const since = (hours: number) => ({ startTime: now.getTime() - hours * HOUR_MS, endTime: now.getTime() });
  const [runs, changes] = await Promise.all([
    search(logs, { logGroupName: logGroup, filterPattern: RUNS, ...since(RUN_HOURS) }, signal),
    search(logs, { logGroupName: logGroup, filterPattern: CHANGES, ...since(CHANGE_DAYS * 24) }, signal),
  ]);
  if (runs.cutAt !== undefined && runs.lines.length === 0)
    throw new Error(`CloudWatch Logs answered ${MAX_PAGES} pages without a run. Refresh the widget`);
  return {
    runs: runsIn(runs.lines),
    changes: changesIn(changes.lines),
    changesSince: changes.cutAt === undefined ? undefined : new Date(changes.cutAt).toISOString(),
  };
}

interface Search {
  readonly logGroupName: string;
  readonly filterPattern: string;
  /** Milliseconds since 1970, UTC. */
  readonly startTime: number;
  readonly endTime: number;
}

/** Lines from the latest back to a given time, or as many as fit: then back to the earliest of those. */
async function search(
  logs: CloudWatchLogsClient,
  what: Search,
  abortSignal: AbortSignal,
): Promise<{ lines: LogLine[]; cutAt?: number }> {
  const lines: LogLine[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await logs.send(new FilterLogEventsCommand({ ...what, startFromHead: false, nextToken }), {
      abortSignal,
    });
    for (const { timestamp = 0, message = '' } of answer.events ?? []) lines.push({ timestamp, message });
    nextToken = answer.nextToken;
    if (nextToken === undefined) return { lines };
  }
  return { lines, cutAt: lines.reduce((earliest, { timestamp }) => Math.min(earliest, timestamp), what.endTime) };
}
