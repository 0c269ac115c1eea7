/** What a list of ranges holds: texts, or what is said of one range each. */
type Item = string | { readonly range: string };

/** So many ranges in each of its lists leave the record of a run readable as one line of the log, which holds 256 KB for sure. */
const MOST = 500;

/** A record as it goes into the log: each long list of ranges ends by saying how many more there are. The diff records have all. */
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
