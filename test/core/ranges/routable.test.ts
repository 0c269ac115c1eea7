import fc from 'fast-check';
import { BITS, formatRange, parseRange } from '../../../lambda/core/ranges/range';
import { rejectionReason } from '../../../lambda/core/ranges/routable';
import { OUTBOUND, PUBLISHED } from '../feed/builders';
import { anyRangeAtAll, rangeOf } from './arbitraries';

const reasonFor = (text: string) => rejectionReason(parseRange(text));

describe('rejectionReason', () => {
  test.each([
    ['0.0.0.0/0', 'would allow every address'],
    ['::/0', 'would allow every address'],
    ['::ffff:0.0.0.0/96', 'would allow every address'],
    ['34.0.0.0/8', 'wider than /20'],
    ['34.197.64.0/19', 'wider than /20'],
    ['2600::/12', 'wider than /40'],
    ['2600:1f18::/39', 'wider than /40'],
  ])('rejects %s: %s', (range, reason) => {
    expect(reasonFor(range)).toBe(reason);
  });

  test.each([
    ['0.0.0.0/8', 'this network'],
    ['0.1.2.3/32', 'this network'],
    ['10.0.0.0/8', 'private'],
    ['10.255.255.255/32', 'private'],
    ['100.64.0.0/10', 'carrier-grade NAT'],
    ['100.127.255.255/32', 'carrier-grade NAT'],
    ['127.0.0.1/32', 'loopback'],
    ['127.255.255.255/32', 'loopback'],
    ['169.254.169.254/32', 'link-local'],
    ['172.16.0.1/32', 'private'],
    ['172.31.255.255/32', 'private'],
    ['192.0.0.1/32', 'IETF protocol assignments'],
    ['192.0.2.1/32', 'documentation'],
    ['192.31.196.1/32', 'AS112'],
    ['192.52.193.1/32', 'AMT'],
    ['192.88.99.1/32', '6to4 relay'],
    ['192.168.0.0/16', 'private'],
    ['192.168.255.255/32', 'private'],
    ['192.175.48.1/32', 'AS112'],
    ['198.18.0.0/15', 'benchmarking'],
    ['198.19.255.255/32', 'benchmarking'],
    ['198.51.100.1/32', 'documentation'],
    ['203.0.113.1/32', 'documentation'],
    ['224.0.0.1/32', 'multicast'],
    ['239.255.255.255/32', 'multicast'],
    ['240.0.0.1/32', 'reserved'],
    ['255.255.255.255/32', 'reserved'],
    ['::ffff:192.168.0.1', 'private'],
    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    ['64:ff9b::22c5:4cd5/128', 'NAT64'],
    ['100::1/128', 'discard'],
    ['2001::1/128', 'IETF protocol assignments'],
    ['2001:1ff:ffff::/48', 'IETF protocol assignments'],
    ['2001:db8::1/128', 'documentation'],
    ['2002:22c5:4cd5::/48', '6to4'],
    ['2620:4f:8000::1/128', 'AS112'],
    ['3fff::1/128', 'documentation'],
    ['fc00::/7', 'unique local'],
    ['fd12:3456::1/128', 'unique local'],
    ['fe80::1/128', 'link-local'],
    ['ff02::1/128', 'multicast'],
    ['1fff:ffff::1/128', 'not global unicast'],
    ['4000::1/128', 'not global unicast'],
    ['7fff:ffff::1/128', 'not global unicast'],
    ['8000::1/128', 'not global unicast'],
    ['fec0::1/128', 'not global unicast'],
  ])('rejects %s, which is not globally routable: %s', (range, name) => {
    expect(reasonFor(range)).toBe(`not globally routable (${name})`);
  });

  test.each([
    ['192.0.0.0/20', 'IETF protocol assignments'],
    ['192.31.192.0/20', 'AS112'],
    ['192.52.192.0/20', 'AMT'],
    ['192.88.96.0/20', '6to4 relay'],
    ['192.175.48.0/20', 'AS112'],
    ['198.51.96.0/20', 'documentation'],
    ['203.0.112.0/20', 'documentation'],
    ['203.0.112.0/23', 'documentation'],
    ['2620:4f:8000::/40', 'AS112'],
    ['8.0.0.0/6', 'private'],
    ['2000::/3', 'IETF protocol assignments'],
  ])('rejects all of %s, which overlaps a block that is not routable: %s', (range, name) => {
    expect(reasonFor(range)).toBe(`not globally routable (${name})`);
  });

  test.each([
    ['the broadest IPv4 range', '34.197.64.0/20'],
    ['the broadest IPv6 range', '2600:1f18::/40'],
    ['the address after this network', '1.0.0.0/32'],
    ['the address before 10/8', '9.255.255.255/32'],
    ['the address after 10/8', '11.0.0.0/32'],
    ['the address before carrier-grade NAT', '100.63.255.255/32'],
    ['the address after carrier-grade NAT', '100.128.0.0/32'],
    ['the address before loopback', '126.255.255.255/32'],
    ['the address after loopback', '128.0.0.0/32'],
    ['the address before link-local', '169.253.255.255/32'],
    ['the address after link-local', '169.255.0.0/32'],
    ['the address before 172.16/12', '172.15.255.255/32'],
    ['the address after 172.16/12', '172.32.0.0/32'],
    ['the address between two special blocks', '192.0.1.0/32'],
    ['the address before 192.168/16', '192.167.255.255/32'],
    ['the address after 192.168/16', '192.169.0.0/32'],
    ['the address after benchmarking', '198.20.0.0/32'],
    ['the address before multicast', '223.255.255.255/32'],
    ['the first global unicast address', '2000::/128'],
    ['the last global unicast address', '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128'],
    ['the address after the IETF assignments', '2001:200::/128'],
    ['the address after 6to4', '2003::/128'],
  ])('allows %s', (_rule, range) => {
    expect(reasonFor(range)).toBeUndefined();
  });

  it('allows each of the twelve published addresses', () => {
    const published = Object.values(PUBLISHED).flatMap((feed) =>
      feed.ip_ranges.filter(({ service }) => service === OUTBOUND),
    );
    expect(published).toHaveLength(12);
    expect(published.filter(({ range }) => reasonFor(range) !== undefined)).toEqual([]);
  });

  it('allows no range if it would reject a part of it', () => {
    const acceptable = anyRangeAtAll.filter((range) => rejectionReason(range) === undefined);
    fc.assert(
      fc.property(acceptable, fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), fc.nat(128), (range, host, narrower) => {
        const hostBits = BITS[range.family] - range.prefix;
        const address = range.start + BigInt.asUintN(hostBits, host);
        const part = rangeOf(range.family, address, range.prefix + Math.min(narrower, hostBits));
        expect([formatRange(part), rejectionReason(part)]).toEqual([formatRange(part), undefined]);
      }),
    );
  });
});
