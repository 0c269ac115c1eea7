/** An item of a list of ranges: the range, or an object about it. */
type Item = string | { readonly range: string };

/** Ranges per list: with this number, the record of a run with few targets fits into one log event. */
const MOST = 500;

/** Truncates a record for the log: each long list of ranges ends with the number of omitted ones. The change records have all. */
export function truncateForLog<T>(value: T, most: number = MOST): T {
  if (Array.isArray(value)) return cut(value, most).map((item) => truncateForLog(item, most)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, truncateForLog(inner, most)])) as T;
}

function cut(list: readonly unknown[], most: number): readonly unknown[] {
  const rest = list.length - most;
  if (rest <= 0 || !isRanges(list)) return list;
  const more = `... and ${rest} more`;
  const next = list[most] as Item;
  return [...list.slice(0, most), typeof next === 'string' ? more : { ...next, range: more }];
}

function isRanges(list: readonly unknown[]): list is readonly Item[] {
  return list.every(
    (item) => typeof item === 'string' || (typeof item === 'object' && item !== null && 'range' in item),
  );
}
