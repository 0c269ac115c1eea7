import fc from 'fast-check';
import { compareRanges, formatRange, parseRange, type Range } from '../../../lambda/core/ranges/range';
import { coverage, mergeRanges, subtractRanges } from '../../../lambda/core/ranges/range-set';
import { addressesOf, anyRange, anyRanges } from './arbitraries';

const texts = (ranges: readonly Range[]) => ranges.map(formatRange);

describe('mergeRanges', () => {
  test.each([
    ['siblings join', ['34.0.0.0/32', '34.0.0.1/32'], ['34.0.0.0/31']],
    [
      'adjacent ranges that are not siblings stay separate',
      ['34.0.0.1/32', '34.0.0.2/32'],
      ['34.0.0.1/32', '34.0.0.2/32'],
    ],
    ['a joined range joins its own sibling', ['34.0.0.0/31', '34.0.0.2/32', '34.0.0.3/32'], ['34.0.0.0/30']],
    ['a range inside another is dropped', ['34.0.0.0/24', '34.0.0.7/32'], ['34.0.0.0/24']],
    ['the two address families stay separate', ['2600::/32', '34.0.0.0/32'], ['34.0.0.0/32', '2600::/32']],
  ])('%s', (_rule, given, expected) => {
    expect(texts(mergeRanges(given.map(parseRange)))).toEqual(expected);
  });

  it('covers exactly the addresses of its input', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => expect(addressesOf(mergeRanges(ranges))).toEqual(addressesOf(ranges))),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => expect(mergeRanges(mergeRanges(ranges))).toEqual(mergeRanges(ranges))),
    );
  });

  it('does not depend on the order of its input', () => {
    const shuffled = anyRanges.chain((ranges) =>
      fc.tuple(fc.constant(ranges), fc.shuffledSubarray(ranges, { minLength: ranges.length })),
    );
    fc.assert(fc.property(shuffled, ([a, b]) => expect(mergeRanges(b)).toEqual(mergeRanges(a))));
  });

  it('returns the fewest ranges, sorted and disjoint', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => {
        const merged = mergeRanges(ranges);
        expect(merged).toEqual([...merged].sort(compareRanges));
        expect(merged.reduce((sum, range) => sum + addressesOf([range]).size, 0)).toBe(addressesOf(ranges).size);
        for (const [i, range] of merged.entries()) {
          const next = merged[i + 1];
          if (next) expect(mergeRanges([range, next])).toHaveLength(2);
        }
      }),
    );
  });
});

describe('subtractRanges', () => {
  it('returns exactly the addresses of the first set that are not in the second', () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, (a, b) => {
        const others = addressesOf(b);
        const expected = new Set([...addressesOf(a)].filter((address) => !others.has(address)));
        expect(addressesOf(subtractRanges(a, b))).toEqual(expected);
      }),
    );
  });

  it('returns a merged set', () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, (a, b) => {
        const left = subtractRanges(a, b);
        expect(left).toEqual(mergeRanges(left));
      }),
    );
  });

  it('returns one range of each prefix if it subtracts one address from all', () => {
    expect(subtractRanges([parseRange('::/0')], [parseRange('::1')])).toHaveLength(128);
    expect(subtractRanges([parseRange('0.0.0.0/0')], [parseRange('0.0.0.1')])).toHaveLength(32);
  });
});

describe('coverage', () => {
  it('covers a range if and only if every address of it is in the set', () => {
    fc.assert(
      fc.property(anyRanges, anyRange, (ranges, range) => {
        const all = addressesOf(ranges);
        expect(coverage(ranges)(range)).toBe([...addressesOf([range])].every((address) => all.has(address)));
      }),
    );
  });
});
