import fc from 'fast-check';
import { BITS, type Family, type Range } from '../../../lambda/core/ranges/range';

/** The range of this prefix that contains an address: host bits cleared. */
export function rangeOf(family: Family, address: bigint, prefix: number): Range {
  const hostBits = BigInt(BITS[family] - prefix);
  return { family, prefix, start: (address >> hostBits) << hostBits };
}

/** Ranges crowded into a few addresses, so that they touch, nest and repeat. */
export function crowdedRange(family: Family): fc.Arbitrary<Range> {
  const base = family === 4 ? 0x22c54c00n : 0x26001f18n << 96n;
  return fc
    .tuple(fc.bigInt({ min: 0n, max: 255n }), fc.integer({ min: BITS[family] - 8, max: BITS[family] }))
    .map(([host, prefix]) => rangeOf(family, base + host, prefix));
}

/** Ranges of both families. */
export const anyRange = fc.oneof(crowdedRange(4), crowdedRange(6));
export const anyRanges = fc.array(anyRange, { maxLength: 40 });

/** Any canonical range of the whole address space, of both families. */
export const anyRangeAtAll: fc.Arbitrary<Range> = fc
  .constantFrom<Family>(4, 6)
  .chain((family) =>
    fc
      .tuple(fc.bigInt({ min: 0n, max: (1n << BigInt(BITS[family])) - 1n }), fc.integer({ min: 0, max: BITS[family] }))
      .map(([address, prefix]) => rangeOf(family, address, prefix)),
  );

/** Every address of some ranges, one by one: a slow but obvious way to compare sets. */
export function addressesOf(ranges: Iterable<Range>): Set<string> {
  const addresses = new Set<string>();
  for (const range of ranges) {
    const { family, prefix, start } = range;
    const count = 1n << BigInt(BITS[family] - prefix);
    for (let i = 0n; i < count; i++) addresses.add(`${family}:${start + i}`);
  }
  return addresses;
}
