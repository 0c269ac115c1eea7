import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import * as v from 'valibot';
import { ChangeRecord } from '../../lambda/core/report/change-records';
import { RunRecord } from '../../lambda/core/report/run-record';
import { parseEscaped } from '../../lambda/shared/text';
import { HOUR_MS } from '../../lambda/shared/time';

/** When a record was logged, ISO 8601, UTC. */
interface Logged {
  readonly time: string;
}
export type LoggedRun = RunRecord & Logged;
export type LoggedDiff = ChangeRecord & Logged;

/** The log of the sync function. */
export interface SyncLog {
  readonly client: CloudWatchLogsClient;
  readonly logGroup: string;
}

/** The time windows in which to search for the latest runs. The sync runs hourly, so the first one usually contains it. */
const WINDOW_HOURS = [3, 48, 24 * 30];

/** The records of all runs since a time, oldest first. @default - all records */
export function readRuns(log: SyncLog, since?: Date): Promise<LoggedRun[]> {
  return readRecords(log, 'run', RunRecord, since);
}

/** The change records, oldest first. @default - all there are */
export function readDiffs(log: SyncLog, since?: Date, until?: Date): Promise<LoggedDiff[]> {
  return readRecords(log, 'diff', ChangeRecord, since, until);
}

/** The records of the latest runs, the newest last; empty if there was none in 30 days. */
export async function readLatestRuns(log: SyncLog, now: Date): Promise<LoggedRun[]> {
  let runs: LoggedRun[] = [];
  for (const hours of WINDOW_HOURS) {
    runs = await readRuns(log, new Date(now.getTime() - hours * HOUR_MS));
    if (latestApplyRun(runs) && latestRunOfTargets(runs)) break;
  }
  return runs;
}

/** The newest run that was not a plan. */
export function latestApplyRun(runs: readonly LoggedRun[]): LoggedRun | undefined {
  return runs.findLast(({ mode }) => mode === 'apply');
}

/**
 * The newest run, a plan or not, that read the targets, and with them the feeds. A run that ended before, for example because it was
 * invoked with an unknown payload, says nothing about them.
 */
export function latestRunOfTargets(runs: readonly LoggedRun[]): LoggedRun | undefined {
  return runs.findLast(({ targets }) => targets.length > 0);
}

async function readRecords<T extends object>(
  { client, logGroup }: SyncLog,
  kind: 'run' | 'diff',
  schema: v.GenericSchema<unknown, T>,
  since: Date | undefined,
  until?: Date,
): Promise<(T & Logged)[]> {
  const found: (T & Logged)[] = [];
  const query = {
    logGroupName: logGroup,
    filterPattern: `{ $.record = "${kind}" }`,
    startTime: since?.getTime(),
    endTime: until?.getTime(),
  };
  for await (const page of paginateFilterLogEvents({ client }, query)) {
    for (const { timestamp = 0, message = '' } of page.events ?? []) {
      // Skips records of older versions of the function.
      const { success, output } = v.safeParse(schema, parseLine(message));
      if (success) found.push({ ...output, time: new Date(timestamp).toISOString() });
    }
  }
  return found.sort((a, b) => a.time.localeCompare(b.time));
}

/** The log also contains lines that are not JSON, for example of the Lambda runtime. */
function parseLine(line: string): unknown {
  try {
    return parseEscaped(line);
  } catch {
    return undefined;
  }
}
