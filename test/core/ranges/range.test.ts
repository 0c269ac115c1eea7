import { isIP } from 'node:net';
import fc from 'fast-check';
import {
  areSiblings,
  BITS,
  compareRanges,
  contains,
  formatRange,
  halvesOf,
  hasHostBits,
  InvalidRangeError,
  overlaps,
  parseRange,
  type Range,
  sizeOf,
} from '../../../lambda/core/ranges/range';
import { anyRange, anyRangeAtAll, rangeOf } from './arbitraries';

const group = fc.oneof(fc.constant(0), fc.nat(0xffff), fc.nat(0xf));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });
const digits = (digit: string, most: number) => fc.string({ unit: fc.constantFrom(...digit), maxLength: most });

/** Texts that are addresses, or almost. */
const nearlyIPv4 = fc.array(digits('0123456789', 4), { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
const nearlyIPv6 = fc
  .array(fc.oneof(digits('0123456789abcdefABCDEF', 5), fc.constant(''), fc.ipV4(), nearlyIPv4), {
    minLength: 2,
    maxLength: 9,
  })
  .map((parts) => parts.join(':'));
const spoilt = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.nat(40), fc.constantFrom('', ' ', '\n', '\0', '%', ':', '::', '.', '-', 'g', '0', '１'))
    .map(([whole, at, odd]) => whole.slice(0, at) + odd + whole.slice(at));

const isParsed = (text: string) => {
  try {
    return formatRange(parseRange(text)) !== '';
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidRangeError);
    return false;
  }
};
/** Whether Node accepts the text as an address, except zones and the deprecated IPv4-compatible IPv6. */
const isAddress = (text: string) => isIP(text) !== 0 && !text.includes('%') && !isDeprecated(text);
const isDeprecated = (text: string) => /^::\d+\./.test(text);

describe('parseRange', () => {
  test.each([
    ['a bare IPv4 address is a /32', '34.197.76.213', '34.197.76.213/32'],
    ['a bare IPv6 address is a /128', '2600:1f18::1', '2600:1f18::1/128'],
    ['a canonical IPv4 range is itself', '34.197.76.0/24', '34.197.76.0/24'],
    ['a canonical IPv6 range is itself', '2600:1f18::/36', '2600:1f18::/36'],
    ['IPv4 host bits are cleared', '34.197.76.213/24', '34.197.76.0/24'],
    ['host bits are cleared within a byte', '34.197.76.213/29', '34.197.76.208/29'],
    ['IPv6 host bits are cleared', '2600:1f18:ffff::1/36', '2600:1f18:f000::/36'],
    ['IPv6 is written lower-case', '2600:1F18:ABCD::', '2600:1f18:abcd::/128'],
    ['leading zeros of IPv6 groups are dropped', '2600:0018:0000::0001', '2600:18::1/128'],
    ['the longest run of zeros is shortened', '2600:0:0:1:0:0:0:1', '2600:0:0:1::1/128'],
    ['of two equal runs of zeros the first is shortened', '2600:0:0:1:1:0:0:1', '2600::1:1:0:0:1/128'],
    ['one zero group is not shortened', '2600:0:1:1:1:1:1:1', '2600:0:1:1:1:1:1:1/128'],
    ['a /0 can be read', '0.0.0.0/0', '0.0.0.0/0'],
    ['a /0 clears every bit', '34.197.76.213/0', '0.0.0.0/0'],
    ['an IPv6 /0 can be read', '::/0', '::/0'],
    ['mapped IPv6 becomes IPv4', '::ffff:34.197.76.213', '34.197.76.213/32'],
    ['mapped IPv6 in hexadecimal becomes IPv4', '::ffff:22c5:4cd5', '34.197.76.213/32'],
    ['mapped IPv6 in upper case becomes IPv4', '::FFFF:34.197.76.213', '34.197.76.213/32'],
    ['the prefix of mapped IPv6 counts from bit 96', '::ffff:34.197.76.213/120', '34.197.76.0/24'],
    ['mapped IPv6 as a whole becomes IPv4 as a whole', '::ffff:0.0.0.0/96', '0.0.0.0/0'],
    ['a range broader than mapped IPv6 stays IPv6', '::ffff:34.197.76.213/95', '::fffe:0:0/95'],
  ])('%s', (_rule, text, expected) => {
    expect(formatRange(parseRange(text))).toBe(expected);
  });

  test.each([
    ['an empty text', ''],
    ['a word', 'intercom'],
    ['a slash alone', '/'],
    ['a prefix alone', '/24'],
    ['an empty prefix', '34.197.76.213/'],
    ['two prefixes', '34.197.76.213/32/32'],
    ['a prefix over 32', '34.197.76.213/33'],
    ['a prefix over 128', '2600:1f18::/129'],
    ['a prefix with a leading zero', '34.197.76.213/032'],
    ['a prefix with a sign', '34.197.76.213/+32'],
    ['a negative prefix', '34.197.76.213/-1'],
    ['a prefix with a fraction', '34.197.76.213/32.0'],
    ['a hexadecimal prefix', '34.197.76.213/0x20'],
    ['a netmask', '34.197.76.0/255.255.255.0'],
    ['shorthand IPv4', '34.197'],
    ['a number as IPv4', '583355605'],
    ['five parts', '34.197.76.213.1'],
    ['a part over 255', '34.197.76.256'],
    ['an empty part', '34..76.213'],
    ['octal IPv4', '034.197.76.213'],
    ['octal IPv4 in mapped IPv6', '::ffff:034.197.76.213'],
    ['hexadecimal IPv4 in mapped IPv6', '::ffff:0x22.197.76.213'],
    ['octal IPv4 at the end of IPv6', '2600::010.1.2.3'],
    ['IPv4-compatible IPv6', '::34.197.76.213'],
    ['a leading zero in IPv4', '34.197.076.213'],
    ['hexadecimal IPv4', '0x22.197.76.213'],
    ['digits of another script', '３４.197.76.213'],
    ['leading space', ' 34.197.76.213'],
    ['trailing space', '34.197.76.213 '],
    ['a trailing line break', '34.197.76.213\n'],
    ['space before the prefix', '34.197.76.213 /32'],
    ['a range with a dash', '34.197.76.213-34.197.76.214'],
    ['a port', '34.197.76.213:443'],
    ['a host name', 'a2600.example.com'],
    ['a zone', '2600:1f18::1%eth0'],
    ['brackets', '[2600:1f18::1]'],
    ['two gaps', '2600::1f18::1'],
    ['three colons', '2600:::1'],
    ['too few groups', '2600:1f18'],
    ['too many groups', '2600:1:2:3:4:5:6:7:8'],
    ['a group over four digits', '2600:01f18::'],
    ['a group that is not hexadecimal', '2600:1g18::'],
    ['a part over 255 in mapped IPv6', '::ffff:34.197.76.256'],
    ['IPv6 with trailing space', '2600:1f18::1 '],
  ])('%s is rejected, and the error quotes it', (_rule, text) => {
    expect(() => parseRange(text)).toThrow(InvalidRangeError);
    expect(() => parseRange(text)).toThrow(`${JSON.stringify(text)} is not an address or CIDR`);
  });

  it('reads the text that formatRange writes of any range', () => {
    fc.assert(fc.property(anyRangeAtAll, (range) => expect(parseRange(formatRange(range))).toEqual(range)));
  });

  it('reads IPv4 as the number of its four octets', () => {
    const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        const start = BigInt(a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d);
        expect(parseRange([a, b, c, d].join('.'))).toEqual(rangeOf(4, start, 32));
      }),
    );
  });

  it('accepts exactly the IPv4 texts that Node accepts', () => {
    const texts = fc.oneof(fc.ipV4(), nearlyIPv4, spoilt(fc.ipV4()), fc.string()).filter((text) => !text.includes('/'));
    fc.assert(
      fc.property(texts, (text) => expect([text, isParsed(text)]).toEqual([text, isAddress(text)])),
      { numRuns: 2000 },
    );
  });

  it('accepts exactly the IPv6 texts that Node accepts', () => {
    const texts = fc.oneof(fc.ipV6(), nearlyIPv6, spoilt(fc.ipV6()), spoilt(nearlyIPv6));
    fc.assert(
      fc.property(texts, (text) => expect([text, isParsed(text)]).toEqual([text, isAddress(text)])),
      { numRuns: 5000 },
    );
  });

  it('reads and writes IPv6 as the URL standard does', () => {
    const expanded = groups.map((parts) => parts.map((part) => part.toString(16)).join(':'));
    const texts = fc.oneof(fc.ipV6(), expanded).filter((text) => !isDeprecated(text));
    fc.assert(
      fc.property(texts, (text) => {
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        fc.pre(!canonical.startsWith('::ffff:'));
        expect(formatRange(parseRange(text))).toBe(`${canonical}/128`);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads IPv6 as the number of its eight groups', () => {
    // The first group is never 0, so that no address is mapped IPv6.
    const groups = fc.tuple(
      fc.integer({ min: 1, max: 0xffff }),
      fc.array(fc.nat(0xffff), { minLength: 7, maxLength: 7 }),
    );
    fc.assert(
      fc.property(groups, ([first, rest]) => {
        const start = [first, ...rest].reduce((sum, group) => sum * 0x10000n + BigInt(group), 0n);
        const text = [first, ...rest].map((group) => group.toString(16)).join(':');
        expect(parseRange(text)).toEqual(rangeOf(6, start, 128));
      }),
    );
  });

  it('reads the same range from each of its addresses', () => {
    fc.assert(
      fc.property(anyRangeAtAll, fc.nat(), (range, host) => {
        const { family, prefix } = range;
        const address = range.start + BigInt.asUintN(BITS[family] - prefix, BigInt(host));
        const [text] = formatRange(rangeOf(family, address, BITS[family])).split('/');
        expect(parseRange(`${text}/${prefix}`)).toEqual(range);
      }),
    );
  });
});

describe('hasHostBits', () => {
  it('is true if and only if the text names another address than the first one of its range', () => {
    fc.assert(
      fc.property(anyRangeAtAll, fc.nat(), (range, host) => {
        const { family, prefix, start } = range;
        const address = start + BigInt.asUintN(BITS[family] - prefix, BigInt(host));
        const [text] = formatRange(rangeOf(family, address, BITS[family])).split('/');
        expect(hasHostBits(`${text}/${prefix}`)).toBe(address !== start);
      }),
    );
  });

  test.each([
    ['34.197.76.213', false],
    ['34.197.76.212/30', false],
    ['34.197.76.213/30', true],
    ['2600:1f18::1', false],
    ['2600:1f18::1/127', true],
    ['::ffff:34.197.76.0/120', false],
    ['::ffff:34.197.76.1/120', true],
    ['::ffff:0.0.0.0/95', true],
  ])('of %s is %s', (text, expected) => {
    expect(hasHostBits(text)).toBe(expected);
  });
});

describe('two ranges', () => {
  const pairs = fc.oneof(fc.tuple(anyRange, anyRange), fc.tuple(anyRangeAtAll, anyRangeAtAll));
  const endOf = (range: Range) => range.start + sizeOf(range);
  const isIn = (inner: Range, outer: Range) =>
    inner.family === outer.family && outer.start <= inner.start && endOf(inner) <= endOf(outer);

  it('are ordered by family, then by address, then the broader first', () => {
    const key = ({ family, prefix }: Range, start: bigint) =>
      BigInt(family) * 2n ** 200n + start * 2n ** 10n + BigInt(prefix);
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const difference = key(one, one.start) - key(other, other.start);
        expect(Math.sign(compareRanges(one, other))).toBe(Number(difference > 0n) - Number(difference < 0n));
      }),
    );
  });

  it('overlap only if one contains every address of the other', () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        expect(contains(one, other)).toBe(isIn(other, one));
        expect(overlaps(one, other)).toBe(isIn(one, other) || isIn(other, one));
      }),
    );
  });

  it('are siblings if they are the two halves of a range', () => {
    const wide = anyRangeAtAll.filter(({ family, prefix }) => prefix < BITS[family]);
    fc.assert(
      fc.property(wide, (range) => {
        const { family, prefix } = range;
        const [low, high] = halvesOf(range);
        expect(low).toEqual(rangeOf(family, range.start, prefix + 1));
        expect(high).toEqual(rangeOf(family, range.start + sizeOf(low), prefix + 1));
        expect(areSiblings(low, high)).toBe(true);
      }),
    );
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const parent = rangeOf(one.family, one.start, Math.max(0, one.prefix - 1));
        const expected = one.prefix === other.prefix && one.start !== other.start && isIn(other, parent);
        expect(areSiblings(one, other)).toBe(expected);
      }),
    );
  });
});
