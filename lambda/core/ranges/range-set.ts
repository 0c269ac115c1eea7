import { areSiblings, compareRanges, contains, halvesOf, type Range } from './range';

/**
 * The fewest ranges that cover exactly the same addresses: sorted, disjoint, siblings joined.
 */
export function mergeRanges(ranges: Iterable<Range>): Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort(compareRanges)) {
    const last = merged.at(-1);
    if (last && contains(last, range)) continue;
    merged.push(range);
    joinSiblings(merged);
  }
  return merged;
}

/** The addresses of `ranges` that are not in `others`, as a merged set. One sweep over both, sorted. */
export function subtractRanges(ranges: Iterable<Range>, others: Iterable<Range>): Range[] {
  const holes = mergeRanges(others);
  const left: Range[] = [];
  let next = 0;
  for (const range of mergeRanges(ranges)) {
    while (next < holes.length && isBefore(holes[next] as Range, range)) next++;
    if (next < holes.length && contains(holes[next] as Range, range)) continue;
    const first = next;
    while (next < holes.length && contains(range, holes[next] as Range)) next++;
    carve(range, holes.slice(first, next), left);
  }
  return left;
}

/**
 * Returns a test of whether the set covers every address of a range, with one member or with several together. It takes
 * log n: once the set is merged, only a single member can cover a CIDR.
 */
export function coverage(ranges: Iterable<Range>): (range: Range) => boolean {
  const merged = mergeRanges(ranges);
  return (range) => {
    let low = 0;
    let high = merged.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareRanges(merged[middle] as Range, range) <= 0) low = middle + 1;
      else high = middle;
    }
    const candidate = merged[low - 1];
    return candidate !== undefined && contains(candidate, range);
  };
}

/** Replaces the last two ranges by their parent for as long as they are its two halves. */
function joinSiblings(merged: Range[]): void {
  for (;;) {
    const [low, high] = [merged.at(-2), merged.at(-1)];
    if (!low || !high || !areSiblings(low, high)) return;
    merged.length -= 2;
    merged.push({ ...low, prefix: low.prefix - 1 });
  }
}

/** Whether `range` ends before `other` begins. */
function isBefore(range: Range, other: Range): boolean {
  return compareRanges(range, other) < 0 && !contains(range, other);
}

/**
 * Adds `range` without `holes`, which lie in it and are sorted, to `left`: halves it until each half is a hole or has none.
 * The parts of two members of a merged set never join.
 */
function carve(range: Range, holes: readonly Range[], left: Range[]): void {
  const [hole] = holes;
  if (hole === undefined) left.push(range);
  else if (hole.prefix > range.prefix) {
    const [low, high] = halvesOf(range);
    const middle = holes.filter((one) => contains(low, one)).length;
    carve(low, holes.slice(0, middle), left);
    carve(high, holes.slice(middle), left);
  }
}
