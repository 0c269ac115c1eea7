import { SCHEDULE_PAYLOAD } from '../../../lambda/shared/constants';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';
import { DAY_MS, HOUR_MS } from '../../../lambda/shared/time';
import type { State } from '../../../lambda/sync/state/items';
import { type Deployment, readSetup, readState } from '../deployment';
import { CommandError } from '../errors';
import { isAllowedDuring, type Period, periodsIn, toCsv } from '../periods';
import type { Result } from '../result';
import { type LoggedDiff, readDiffs, type SyncLog } from '../sync-log';
import { type Colors, columns, type TerminalOptions } from '../terminal';
import { dayAndTime } from '../time';

/** A change record, and how many runs repeated it: every run reports pending removals and plans again. */
export interface HistoryEntry extends LoggedDiff {
  /** When a run last reported it. Equals `time` if only one run did. */
  readonly until: string;
  readonly times: number;
}

/** What to look for. */
export interface HistoryOptions {
  /** How many days before `until`. @default 30, or as `since` says */
  readonly days?: number;
  readonly since?: Date;
  /** @default - now */
  readonly until?: Date;
  /** @default - all */
  readonly intercomRegion?: IntercomRegion;
  /** Id or name of a target. @default - all */
  readonly target?: string;
  /** Whether to print periods as CSV. @default false */
  readonly csv?: boolean;
}

/** @throws CommandError */
export async function history(deployment: Deployment, options: HistoryOptions, now: Date): Promise<Result> {
  if (options.since && options.days !== undefined)
    throw new CommandError('--days and --since both say how far to look back. Nothing was read. Give one of them');
  const { since, until } = spanOf(options, now);
  if (since > until) throw new CommandError(formatEmptySpan(since, options.until, now));
  const { log } = await readSetup(deployment);
  if (options.csv) return periodsResult(deployment, log, { ...options, since, until });
  const records = await readDiffs(log, since, until);
  // Plans change nothing.
  const entries = foldRepeats(records.filter((record) => record.mode === 'apply' && isSelected(record, options)));
  return { data: entries, text: (terminal) => textOf(entries, { since, until }, terminal) };
}

/** The time to read: by default the last 30 days before `until`. */
export function spanOf(
  { days = 30, since, until }: HistoryOptions,
  now: Date,
): { readonly since: Date; readonly until: Date } {
  const end = until ?? now;
  return { since: since ?? new Date(end.getTime() - days * DAY_MS), until: end };
}

function formatEmptySpan(since: Date, until: Date | undefined, now: Date): string {
  const end = until ? `after --until ${until.toISOString()}` : `in the future: it is ${now.toISOString()}`;
  return `--since ${since.toISOString()} is ${end}. Nothing was read. Give an earlier --since`;
}

async function periodsResult(
  deployment: Deployment,
  log: SyncLog,
  options: HistoryOptions & Required<Pick<HistoryOptions, 'since' | 'until'>>,
): Promise<Result> {
  const { owned } = await readState(deployment);
  const periods = (await readPeriods(log, owned, options)).filter((period) =>
    isSelected({ ...period, region: undefined }, options),
  );
  return { data: periods, text: () => toCsv(periods) };
}

/** The periods in which ranges were allowed at some time of a span. They may begin before it and end after it, so the whole log is read. */
export async function readPeriods(
  log: SyncLog,
  owned: State['owned'],
  span: { readonly since: Date; readonly until: Date },
): Promise<Period[]> {
  return periodsIn(await readDiffs(log), owned).filter((period) => isAllowedDuring(period, span));
}

function isSelected(
  {
    target,
    region,
    intercomRegions = region ? [region] : [],
  }: {
    readonly target: string;
    readonly region: string | undefined;
    readonly intercomRegions?: readonly string[];
  },
  { intercomRegion, target: wanted }: HistoryOptions,
): boolean {
  const isTarget = wanted === undefined || target === wanted || target.split('/').includes(wanted);
  return isTarget && (intercomRegion === undefined || intercomRegions.includes(intercomRegion));
}

/** Runs are hourly. After a longer pause, the same record is about another time. */
const MAX_PAUSE_MS = 3 * HOUR_MS;

/** Folds equal consecutive records of a target and region into the first. Oldest first. */
export function foldRepeats(records: readonly LoggedDiff[]): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  const latest = new Map<string, number>();
  for (const record of records) {
    const place = `${record.target} ${record.region} ${record.part}`;
    const index = latest.get(place);
    const before = index === undefined ? undefined : entries[index];
    if (index !== undefined && before && isRepeat(record, before)) {
      entries[index] = { ...before, until: record.time, times: before.times + 1 };
    } else {
      latest.set(place, entries.push({ ...record, until: record.time, times: 1 }) - 1);
    }
  }
  return entries;
}

function isRepeat(record: LoggedDiff, before: HistoryEntry): boolean {
  const pause = Date.parse(record.time) - Date.parse(before.until);
  return changesNothing(record) && whatIn(before) === whatIn(record) && pause <= MAX_PAUSE_MS;
}

function changesNothing({ added, removed }: LoggedDiff): boolean {
  return added.length + removed.length === 0;
}

function whatIn(record: LoggedDiff): string {
  const { added, removed, pending, awaitingApprovalAdded, awaitingApprovalRemoved, declined } = record;
  return JSON.stringify([added, removed, pending, awaitingApprovalAdded, awaitingApprovalRemoved, declined]);
}

function textOf(
  entries: readonly HistoryEntry[],
  { since, until }: { readonly since: Date; readonly until: Date },
  terminal: TerminalOptions,
): string {
  if (entries.length === 0) {
    const [from, to] = [since, until].map((time) => dayAndTime(time.toISOString()));
    return `Nothing changed, was pending or awaited approval from ${from} to ${to}.`;
  }
  const rows = entries.map((entry) => [
    dayAndTime(entry.time),
    `${paint(entry, terminal.colors)}${actor(entry)}${repeats(entry)}`,
  ]);
  return columns(['when', 'what'], rows, terminal);
}

function paint(
  { message, added, removed, awaitingApprovalAdded, awaitingApprovalRemoved }: HistoryEntry,
  colors: Colors,
): string {
  if (awaitingApprovalAdded.length + awaitingApprovalRemoved.length > 0) return colors.magenta(message);
  if (added.length + removed.length === 0) return colors.yellow(message);
  return removed.length > 0 ? colors.red(message) : colors.green(message);
}

/** Who asked for a change, but for the schedule. */
function actor({ by, added, removed }: HistoryEntry): string {
  return by === SCHEDULE_PAYLOAD.trigger || added.length + removed.length === 0 ? '' : `; by ${by}`;
}

function repeats({ times, until }: HistoryEntry): string {
  return times > 1 ? `; reported by ${times} runs until ${dayAndTime(until)}` : '';
}
