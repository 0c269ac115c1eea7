import { BITS, canonical, compareRanges, contains, overlaps, type Range } from './range';

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
    let end = next;
    while (end < holes.length && overlaps(holes[end] as Range, range)) end++;
    left.push(...carve(range, holes.slice(next, end)));
  }
  return mergeRanges(left);
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
    if (!low || !high || low.prefix !== high.prefix || low.prefix === 0) return;
    const parent = canonical(low.family, low.start, low.prefix - 1);
    if (parent.start !== low.start || !contains(parent, high)) return;
    merged.splice(-2, 2, parent);
  }
}

/** Whether all of `range` sorts before `other` and shares nothing with it. */
function isBefore(range: Range, other: Range): boolean {
  return !overlaps(range, other) && compareRanges(range, other) < 0;
}

/** `range` without `holes`: halve it until each half lies wholly in a hole or wholly outside. */
function carve(range: Range, holes: Range[]): Range[] {
  const near = holes.filter((hole) => overlaps(hole, range));
  if (near.length === 0) return [range];
  if (near.some((hole) => contains(hole, range))) return [];
  return halves(range).flatMap((half) => carve(half, near));
}

function halves({ family, start, prefix }: Range): Range[] {
  const half = 1n << BigInt(BITS[family] - prefix - 1);
  return [
    { family, start, prefix: prefix + 1 },
    { family, start: start + half, prefix: prefix + 1 },
  ];
}
