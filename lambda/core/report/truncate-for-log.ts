/** An item of a list of ranges: the range, or an object about it. */
type Item = string | { readonly range: string };

/** Ranges per list: with this number, a run record fits into one log event of 256 KB. */
const MOST = 500;

/** Truncates a record for the log: each long list of ranges ends with the number of omitted ones. The change records have all. */
export function truncateForLog<T>(value: T): T {
  if (Array.isArray(value)) return cut(value).map(truncateForLog) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, truncateForLog(inner)])) as T;
}

function cut(list: readonly unknown[]): readonly unknown[] {
  const rest = list.length - MOST;
  if (rest <= 0 || !isRanges(list)) return list;
  const more = `... and ${rest} more`;
  const next = list[MOST] as Item;
  return [...list.slice(0, MOST), typeof next === 'string' ? more : { ...next, range: more }];
}

function isRanges(list: readonly unknown[]): list is readonly Item[] {
  return list.every(
    (item) => typeof item === 'string' || (typeof item === 'object' && item !== null && 'range' in item),
  );
}
