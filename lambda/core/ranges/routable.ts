import { type Family, overlaps, parseRange, type Range } from './range';

/** The broadest prefix that is accepted from a feed. Intercom publishes single addresses; anything broader is a mistake. */
const BROADEST: Readonly<Record<Family, number>> = { 4: 20, 6: 40 };

/** By how many bits a range is wider than /20 (IPv4) or /40 (IPv6); zero or less if it is not. */
export function excessBits({ family, prefix }: Range): number {
  return BROADEST[family] - prefix;
}

/**
 * The blocks that are not globally routable according to the IANA special-purpose address registries
 * (iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry).
 */
const NOT_ROUTABLE: readonly (readonly [Range, string])[] = (
  [
    ['0.0.0.0/8', 'this network'],
    ['10.0.0.0/8', 'private'],
    ['100.64.0.0/10', 'carrier-grade NAT'],
    ['127.0.0.0/8', 'loopback'],
    ['169.254.0.0/16', 'link-local'],
    ['172.16.0.0/12', 'private'],
    ['192.0.0.0/24', 'IETF protocol assignments'],
    ['192.0.2.0/24', 'documentation'],
    ['192.31.196.0/24', 'AS112'],
    ['192.52.193.0/24', 'AMT'],
    ['192.88.99.0/24', '6to4 relay'],
    ['192.168.0.0/16', 'private'],
    ['192.175.48.0/24', 'AS112'],
    ['198.18.0.0/15', 'benchmarking'],
    ['198.51.100.0/24', 'documentation'],
    ['203.0.113.0/24', 'documentation'],
    ['224.0.0.0/4', 'multicast'],
    ['240.0.0.0/4', 'reserved'],
    ['2001::/23', 'IETF protocol assignments'],
    ['2001:db8::/32', 'documentation'],
    ['2002::/16', '6to4'],
    ['2620:4f:8000::/48', 'AS112'],
    ['3fff::/20', 'documentation'],
    // Outside 2000::/3, no IPv6 address is globally routable unicast. The first ones are named because they are likely to occur.
    ['::/128', 'unspecified'],
    ['::1/128', 'loopback'],
    ['64:ff9b::/96', 'NAT64'],
    ['100::/64', 'discard'],
    ['fc00::/7', 'unique local'],
    ['fe80::/10', 'link-local'],
    ['ff00::/8', 'multicast'],
    ['::/3', 'not global unicast'],
    ['4000::/2', 'not global unicast'],
    ['8000::/1', 'not global unicast'],
  ] as const
).map(([text, name]) => [parseRange(text), name]);

/**
 * Why a published range must not be allowed; undefined if it may be. A range that overlaps a block that is not routable is
 * rejected as a whole.
 */
export function rejectionReason(range: Range): string | undefined {
  if (range.prefix === 0) return 'would allow every address';
  const special = NOT_ROUTABLE.find(([block]) => overlaps(block, range));
  if (special) return `not globally routable (${special[1]})`;
  if (excessBits(range) > 0) return `wider than /${BROADEST[range.family]}`;
  return undefined;
}
