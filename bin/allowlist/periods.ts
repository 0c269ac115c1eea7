import { stringify } from 'csv-stringify/sync';
import { formatRange } from '../../lambda/core/ranges/range';
import type { State } from '../../lambda/sync/state/items';
import type { LoggedDiff } from './sync-log';

/** A time during which a target allowed a range. Times are ISO 8601, UTC. */
export interface Period {
  readonly target: string;
  readonly range: string;
  readonly intercomRegions: readonly string[];
  /** Null if it was before the log begins. */
  readonly from: string | null;
  /** Null if it is allowed now. */
  readonly until: string | null;
  /** Who asked for the run that added it, as the caller said; null if that is not in the log. */
  readonly addedBy: string | null;
  readonly addedInRun: string | null;
  readonly removedBy: string | null;
  readonly removedInRun: string | null;
}

type Mutable = { -readonly [K in keyof Period]: Period[K] };

/**
 * When each range was allowed in each target: by the change records, and, for ranges that were added before the log begins, by the
 * ownership records. Sorted by target, range and time.
 *
 * @param records oldest first
 */
export function periodsIn(records: readonly LoggedDiff[], owned: State['owned']): Period[] {
  const periods = new Map<string, Mutable[]>();
  const of = (target: string, range: string) => {
    const key = `${target} ${range}`;
    const known = periods.get(key) ?? [];
    periods.set(key, known);
    return known;
  };
  for (const record of records.filter(({ mode, outcome }) => mode === 'apply' && outcome !== 'planned')) {
    for (const range of record.added) begin(of(record.target, range), range, record);
    for (const range of record.removed) end(of(record.target, range), range, record);
  }
  for (const [target, ranges] of owned) {
    for (const { range, intercomRegions, addedAt } of ranges) {
      const known = of(target, formatRange(range));
      const last = known.at(-1);
      const period = { ...UNKNOWN, target, range: formatRange(range), intercomRegions, from: addedAt };
      // A removal of a range that is recorded since before was one of a port: another port still allows it.
      if (last?.until && last.until >= addedAt)
        Object.assign(last, { until: null, removedBy: null, removedInRun: null });
      else if (last?.until !== null) known.push(period);
    }
  }
  return [...periods.keys()].sort().flatMap((key) => periods.get(key) ?? []);
}

/** A range that several Intercom regions publish has a record for each of them. One that is added again was restored. */
function begin(known: Mutable[], range: string, { target, region, runId, time, by }: LoggedDiff): void {
  const last = known.at(-1);
  if (last?.until === null) addRegion(last, region);
  else known.push({ ...UNKNOWN, target, range, intercomRegions: [region], from: time, addedBy: by, addedInRun: runId });
}

function end(known: Mutable[], range: string, { target, region, runId, time, by }: LoggedDiff): void {
  const ended = { until: time, removedBy: by, removedInRun: runId };
  const last = known.at(-1);
  if (last?.until === null) Object.assign(last, ended);
  else if (last?.removedInRun === runId) addRegion(last, region);
  else known.push({ ...UNKNOWN, target, range, intercomRegions: [region], ...ended });
}

const UNKNOWN = { from: null, until: null, addedBy: null, addedInRun: null, removedBy: null, removedInRun: null };

function addRegion(period: Mutable, region: string): void {
  period.intercomRegions = [...new Set([...period.intercomRegions, region])];
}

/** Whether a range was allowed at any time from one moment to another. */
export function isAllowedDuring(
  { from, until }: Period,
  span: { readonly since: Date; readonly until: Date },
): boolean {
  return (from ?? '') <= span.until.toISOString() && (until === null || until >= span.since.toISOString());
}

/** The periods as CSV (RFC 4180). A text that a spreadsheet would take for a formula is quoted. */
export function toCsv(periods: readonly Period[]): string {
  const columns = [
    { key: 'target' },
    { key: 'range' },
    { key: 'regions', header: 'intercom_regions' },
    { key: 'from', header: 'allowed_from' },
    { key: 'until', header: 'allowed_until' },
    { key: 'addedBy', header: 'added_by' },
    { key: 'addedInRun', header: 'added_in_run' },
    { key: 'removedBy', header: 'removed_by' },
    { key: 'removedInRun', header: 'removed_in_run' },
  ];
  const rows = periods.map((period) => ({ ...period, regions: period.intercomRegions.join(' ') }));
  return stringify(rows, { header: true, columns, escape_formulas: true }).trimEnd();
}
