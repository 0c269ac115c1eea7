import { count } from '../../../lambda/shared/text';
import { DAY_MS } from '../../../lambda/shared/time';
import { type Deployment, readSetup } from '../deployment';
import type { Result } from '../result';
import { type LoggedDiff, readDiffs } from '../sync-log';
import { type Colors, columns, type TerminalOptions } from '../terminal';
import { dayAndTime } from '../time';

/** A change record, and how many runs repeated it: every run reports pending removals and plans again. */
export interface HistoryEntry extends LoggedDiff {
  /** When a run last reported it. Equals `time` if only one run did. */
  readonly until: string;
  readonly times: number;
}

export async function history(deployment: Deployment, days: number, now: Date): Promise<Result> {
  const { log } = await readSetup(deployment);
  const records = await readDiffs(log, new Date(now.getTime() - days * DAY_MS));
  // Plans change nothing.
  const entries = foldRepeats(records.filter(({ mode }) => mode === 'apply'));
  return { data: entries, text: (terminal) => textOf(entries, days, terminal) };
}

/** Folds equal consecutive records of a target and region into the first. Oldest first. */
export function foldRepeats(records: readonly LoggedDiff[]): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  const latest = new Map<string, number>();
  for (const record of records) {
    const place = `${record.target} ${record.region} ${record.part}`;
    const index = latest.get(place);
    const before = index === undefined ? undefined : entries[index];
    if (index !== undefined && before && changesNothing(record) && whatIn(before) === whatIn(record)) {
      entries[index] = { ...before, until: record.time, times: before.times + 1 };
    } else {
      latest.set(place, entries.push({ ...record, until: record.time, times: 1 }) - 1);
    }
  }
  return entries;
}

function changesNothing({ added, removed }: LoggedDiff): boolean {
  return added.length + removed.length === 0;
}

function whatIn({ added, removed, pending, awaitingApprovalAdded, awaitingApprovalRemoved }: LoggedDiff): string {
  return JSON.stringify([added, removed, pending, awaitingApprovalAdded, awaitingApprovalRemoved]);
}

function textOf(entries: readonly HistoryEntry[], days: number, terminal: TerminalOptions): string {
  if (entries.length === 0)
    return `Nothing changed, was pending or awaited approval in the last ${count(days, 'day')}.`;
  const rows = entries.map((entry) => [dayAndTime(entry.time), `${paint(entry, terminal.colors)}${repeats(entry)}`]);
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

function repeats({ times, until }: HistoryEntry): string {
  return times > 1 ? `; reported by ${times} runs until ${dayAndTime(until)}` : '';
}
