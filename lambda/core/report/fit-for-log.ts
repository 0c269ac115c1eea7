import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { isAwaitingApproval } from './awaiting';
import { RegionResult, type RunRecord, TargetResult } from './run-record';
import { SHORT_LIST, truncateForLog } from './truncate-for-log';

/** The record of a run as it is logged. */
export type LoggedRecord = RunRecord & { readonly message: string };

/** A log event can have 256 KB. The logger adds its own fields. */
const MAX_BYTES = 250_000;
const SHORT_TEXT = 200;
/** Of the message and of the error of the run. */
const LONG_TEXT = 10_000;

/** Each leaves out more than the one before, until the record fits. */
const STAGES: readonly (readonly [leavesOut: string, shorten: (record: LoggedRecord) => LoggedRecord])[] = [
  [`lists end after ${SHORT_LIST} items`, (record) => truncateForLog(record, SHORT_LIST)],
  ['byRegion has only the number of ranges in force', (record) => ofTargets(record, countRanges)],
  ['targets have only the fields that differ from the default', (record) => ofTargets(record, omitDefaults)],
  [`texts end after ${SHORT_TEXT} characters`, cutTexts],
];

/**
 * Shortens a run record as far as it takes to fit into one log event: a longer line is split, so that no reader finds the run. The result
 * can be read with the schema of the run record, and says what it leaves out.
 */
export function fitForLog(record: LoggedRecord): LoggedRecord {
  let short = { ...truncateForLog(record), message: cutText(record.message, LONG_TEXT) };
  const leftOut: string[] = [];
  for (const [leavesOut, shorten] of STAGES) {
    if (sizeOf(short) <= MAX_BYTES) return short;
    leftOut.push(leavesOut);
    short = { ...shorten(short), shortened: explain(leftOut) };
  }
  return sizeOf(short) <= MAX_BYTES ? short : withFewerTargets(short, leftOut);
}

function explain(leftOut: readonly string[]): string {
  return `The record did not fit into one log event: ${leftOut.join('; ')}`;
}

function ofTargets(record: LoggedRecord, shorten: (target: TargetResult) => TargetResult): LoggedRecord {
  return { ...record, targets: record.targets.map(shorten) };
}

function countRanges(target: TargetResult): TargetResult {
  const none = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
  return { ...target, byRegion: target.byRegion.map((part) => ({ ...part, ...none })) };
}

/** The schema restores them. */
function omitDefaults(target: TargetResult): TargetResult {
  const byRegion = target.byRegion.map((part) => different(part, v.getDefaults(RegionResult)));
  return { ...different(target, v.getDefaults(TargetResult)), byRegion };
}

function different<T extends object>(value: T, defaults: Partial<Record<string, unknown>>): T {
  return Object.fromEntries(
    Object.entries(value).filter(([key, inner]) => !isDeepStrictEqual(inner, defaults[key])),
  ) as T;
}

function cutTexts({ message, error, ...record }: LoggedRecord): LoggedRecord {
  return { ...cutTextsIn(record), message, error: error === null ? null : cutText(error, LONG_TEXT) };
}

function cutTextsIn<T>(value: T): T {
  if (typeof value === 'string') return cutText(value, SHORT_TEXT) as T;
  if (Array.isArray(value)) return value.map(cutTextsIn) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutTextsIn(inner)])) as T;
}

function cutText(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}...` : text;
}

/** As many targets as fit. Those that need attention come before the others. */
function withFewerTargets(record: LoggedRecord, leftOut: readonly string[]): LoggedRecord {
  const { targets } = record;
  const most = explain([...leftOut, `${targets.length} of ${targets.length} targets are missing`]);
  let left = MAX_BYTES - sizeOf({ ...record, targets: [], shortened: most });
  const shown = [...targets]
    .sort((a, b) => urgency(b) - urgency(a))
    .filter((target) => {
      left -= sizeOf(target) + 1;
      return left >= 0;
    });
  const missing = `${targets.length - shown.length} of ${targets.length} targets are missing`;
  return { ...record, targets: shown, shortened: explain([...leftOut, missing]) };
}

function urgency(target: TargetResult): number {
  const order = [target.outcome !== 'in-sync', isAwaitingApproval(target), target.exposed, target.outcome === 'failed'];
  return order.lastIndexOf(true);
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
