/** An item of a list of ranges: the range, or an object about it. */
type Item = string | { readonly range: string };

/** Ranges per list: with this number, the record of a run with few targets fits into one log event. */
const MOST = 500;

/** Limits the record of a feed with many invalid entries to the size of a log event. The last item counts the rest. */
export const MAX_REJECTED = 100;

/** Ranges per list of a record that does not fit with `MOST`. */
export const SHORT_LIST = 20;

/**
 * Truncates a record for the log: each long list of ranges ends with the number of omitted ones. The change records have all. Whoever
 * counts or parses a list of a logged record must do it with `countLogged` and `namedIn`.
 */
export function truncateForLog<T>(value: T, most: number = MOST): T {
  if (Array.isArray(value)) return cut(value, most).map((item) => truncateForLog(item, most)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, truncateForLog(inner, most)])) as T;
}

/** How many ranges a list stands for, the omitted ones included. @param most the length from which lists like it are truncated */
export function countLogged(list: readonly Item[], most = MOST): number {
  return namedIn(list, most).length + omittedFrom(list, most);
}

/** The items that a list names, without the one that says how many were omitted. */
export function namedIn<T extends Item>(list: readonly T[], most = MOST): readonly T[] {
  return omittedFrom(list, most) > 0 ? list.slice(0, -1) : list;
}

/**
 * How many ranges were omitted from a list; 0 if it is complete. A list that does not have the length of a truncated one is, whatever a
 * feed wrote into its last item.
 */
export function omittedFrom(list: readonly Item[], most = MOST): number {
  return list.length === most + 1 || list.length === SHORT_LIST + 1 ? omissionIn(list) : 0;
}

/** The last item of a truncated list. `omittedFrom` reads it. */
export function omission(omitted: number): string {
  return `... and ${omitted} more`;
}

const OMISSION = /^\.\.\. and (\d{1,9}) more$/;

function omissionIn(list: readonly Item[]): number {
  const last = list.at(-1);
  const text = typeof last === 'string' ? last : last?.range;
  return Number(OMISSION.exec(text ?? '')?.[1] ?? 0);
}

/** A list that is truncated already can be truncated further. */
function cut(list: readonly unknown[], most: number): readonly unknown[] {
  if (list.length <= most || !isRanges(list)) return list;
  const omitted = omissionIn(list);
  const rest = list.length - most + (omitted > 0 ? omitted - 1 : 0);
  if (rest === omitted) return list;
  const next = list[most] as Item;
  return [...list.slice(0, most), typeof next === 'string' ? omission(rest) : { ...next, range: omission(rest) }];
}

function isRanges(list: readonly unknown[]): list is readonly Item[] {
  return list.every(
    (item) => typeof item === 'string' || (typeof item === 'object' && item !== null && 'range' in item),
  );
}
