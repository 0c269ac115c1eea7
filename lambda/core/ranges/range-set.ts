import { areSiblings, compareRanges, contains, halvesOf, type Range } from './range';

/**
 * The fewest ranges that cover the same addresses, neither one more nor one less: sorted, disjoint, siblings joined.
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
 * A test of whether all addresses of a range are in the set, be they in one member or spread over several. Answers in
 * log n: a merged set covers a CIDR only by one member.
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

/** While the last two are the two halves of one range, that range takes their place. */
function joinSiblings(merged: Range[]): void {
  for (;;) {
    const [low, high] = [merged.at(-2), merged.at(-1)];
    if (!low || !high || !areSiblings(low, high)) return;
    merged.length -= 2;
    merged.push({ ...low, prefix: low.prefix - 1 });
  }
}

/** Whether all of `range` sorts before `other` and shares nothing with it. */
function isBefore(range: Range, other: Range): boolean {
  return compareRanges(range, other) < 0 && !contains(range, other);
}

/**
 * Adds to `left` what `range` is without `holes`, which lie in it, sorted: halve it until each half is a hole or has none.
 * What is left of a member of a merged set never joins with what is left of another.
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
