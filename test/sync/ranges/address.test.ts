import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { IPv4, IPv6 } from 'ipaddr.js';
import { readIPv4, readIPv6, writeIPv4, writeIPv6 } from '../../../lambda/sync/ranges/address';

const group = fc.oneof(fc.constant(0), fc.nat(0xffff), fc.nat(0xf));
const groups = fc.array(group, { minLength: 8, maxLength: 8 });
const digits = (digit: string, most: number) => fc.string({ unit: fc.constantFrom(...digit), maxLength: most });

/** Texts that are almost addresses, and some that are. */
const nearlyIPv4 = fc.array(digits('0123456789', 4), { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'));
const nearlyIPv6 = fc
  .array(fc.oneof(digits('0123456789abcdefABCDEF', 5), fc.constant(''), fc.ipV4(), nearlyIPv4), {
    minLength: 2,
    maxLength: 9,
  })
  .map((parts) => parts.join(':'));
const spoilt = (text: fc.Arbitrary<string>) =>
  fc
    .tuple(text, fc.nat(40), fc.constantFrom('', ' ', '\n', '\0', '%', '/', ':', '::', '.', '-', 'g', '0', '１'))
    .map(([whole, at, odd]) => whole.slice(0, at) + odd + whole.slice(at));

describe('an IPv4 address', () => {
  it('is read from exactly the texts that Node takes for one', () => {
    const texts = fc.oneof(fc.ipV4(), nearlyIPv4, spoilt(fc.ipV4()), fc.string());
    fc.assert(
      fc.property(texts, (text) => expect(readIPv4(text) !== undefined).toBe(isIPv4(text))),
      { numRuns: 2000 },
    );
  });

  it('is the number that ipaddr.js reads, and written as it was', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        const number = readIPv4(text) as number;
        expect(number).toBe(Buffer.from(IPv4.parse(text).toByteArray()).readInt32BE());
        expect(writeIPv4(number)).toBe(text);
      }),
    );
  });

  it('may be followed by what is not its own', () => {
    expect(readIPv4('0.0.1.2/32', 7)).toBe(0x102);
    expect(readIPv4('0.0.1.25', 7)).toBe(0x102);
  });
});

describe('an IPv6 address', () => {
  it('is read from exactly the texts that Node takes for one, without zone and not IPv4-compatible', () => {
    const texts = fc.oneof(fc.ipV6(), nearlyIPv6, spoilt(fc.ipV6()), spoilt(nearlyIPv6), fc.string());
    const isOne = (text: string) => isIPv6(text) && !text.includes('%') && !/^::\d+\./.test(text);
    fc.assert(
      fc.property(texts, (text) => expect([text, readIPv6(text) !== undefined]).toEqual([text, isOne(text)])),
      { numRuns: 5000 },
    );
  });

  it('has the groups that ipaddr.js reads', () => {
    const texts = fc.oneof(fc.ipV6(), groups.map(writeIPv6)).filter((text) => !/^::\d+\./.test(text));
    fc.assert(fc.property(texts, (text) => expect(readIPv6(text)).toEqual(IPv6.parse(text).parts)));
  });

  it('is written as ipaddr.js writes it', () => {
    fc.assert(
      fc.property(groups, (given) => expect(writeIPv6(given)).toBe(new IPv6(given).toRFC5952String())),
      { numRuns: 2000 },
    );
  });
});
