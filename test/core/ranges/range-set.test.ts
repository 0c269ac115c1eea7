import fc from 'fast-check';
import { compareRanges, formatRange, parseRange, type Range } from '../../../lambda/core/ranges/range';
import { coverage, mergeRanges, subtractRanges } from '../../../lambda/core/ranges/range-set';
import { addressesOf, anyRange, anyRanges } from './arbitraries';

const texts = (ranges: readonly Range[]) => ranges.map(formatRange);

describe('mergeRanges', () => {
  test.each([
    ['siblings join', ['34.0.0.0/32', '34.0.0.1/32'], ['34.0.0.0/31']],
    ['neighbours that are no siblings stay apart', ['34.0.0.1/32', '34.0.0.2/32'], ['34.0.0.1/32', '34.0.0.2/32']],
    ['a join may lead to the next', ['34.0.0.0/31', '34.0.0.2/32', '34.0.0.3/32'], ['34.0.0.0/30']],
    ['what lies in another goes', ['34.0.0.0/24', '34.0.0.7/32'], ['34.0.0.0/24']],
    ['families never mix', ['2600::/32', '34.0.0.0/32'], ['34.0.0.0/32', '2600::/32']],
  ])('%s', (_rule, given, expected) => {
    expect(texts(mergeRanges(given.map(parseRange)))).toEqual(expected);
  });

  it('keeps the union exactly', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => expect(addressesOf(mergeRanges(ranges))).toEqual(addressesOf(ranges))),
    );
  });

  it('is idempotent', () => {
    fc.assert(
      fc.property(anyRanges, (ranges) => expect(mergeRanges(mergeRanges(ranges))).toEqual(mergeRanges(ranges))),
    );
  });

  it('does not depend on the order', () => {
    const shuffled = anyRanges.chain((ranges) =>
      fc.tuple(fc.constant(ranges), fc.shuffledSubarray(ranges, { minLength: ranges.length })),
    );
    fc.assert(fc.property(shuffled, ([a, b]) => expect(mergeRanges(b)).toEqual(mergeRanges(a))));
  });

  it('answers sorted and disjoint, with the fewest members', () => {
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
  it('keeps exactly the addresses that are in the first and not in the second', () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, (a, b) => {
        const others = addressesOf(b);
        const expected = new Set([...addressesOf(a)].filter((address) => !others.has(address)));
        expect(addressesOf(subtractRanges(a, b))).toEqual(expected);
      }),
    );
  });

  it('answers a merged set', () => {
    fc.assert(
      fc.property(anyRanges, anyRanges, (a, b) => {
        const left = subtractRanges(a, b);
        expect(left).toEqual(mergeRanges(left));
      }),
    );
  });

  it('leaves of everything but one address a range of each prefix', () => {
    expect(subtractRanges([parseRange('::/0')], [parseRange('::1')])).toHaveLength(128);
    expect(subtractRanges([parseRange('0.0.0.0/0')], [parseRange('0.0.0.1')])).toHaveLength(32);
  });
});

describe('coverage', () => {
  it('says of a range whether all its addresses are in the set', () => {
    fc.assert(
      fc.property(anyRanges, anyRange, (ranges, range) => {
        const all = addressesOf(ranges);
        expect(coverage(ranges)(range)).toBe([...addressesOf([range])].every((address) => all.has(address)));
      }),
    );
  });
});
