import { InvalidFeedError, parseFeed } from '../../../lambda/core/feed/document';
import { formatRange } from '../../../lambda/core/ranges/range';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';
import { entry, feed, OUTBOUND, PUBLISHED } from './builders';

const GOOD = '34.197.76.213/32';
const long = 'x'.repeat(100);

function read(body: string, region: IntercomRegion = 'us') {
  const { ranges, rejected, date } = parseFeed(body, region);
  return { ranges: ranges.map(formatRange), rejected, date };
}

describe('parseFeed reads', () => {
  test.each<[string, readonly unknown[], readonly string[]]>([
    ['a single address', [GOOD], [GOOD]],
    ['a bare address as a /32', ['34.197.76.213'], [GOOD]],
    ['duplicates once', [GOOD, '34.197.76.213', GOOD], [GOOD]],
    ['overlapping ranges as the broader one', ['34.197.76.0/24', GOOD], ['34.197.76.0/24']],
    ['siblings as one range', ['34.197.76.212/32', GOOD], ['34.197.76.212/31']],
    ['IPv6', ['2600:1f18::/40', GOOD], [GOOD, '2600:1f18::/40']],
    ['a bare IPv6 address as a /128', ['2600:1f18::1'], ['2600:1f18::1/128']],
    ['mapped IPv6 as IPv4', ['::ffff:34.197.76.213'], [GOOD]],
    ['unsorted ranges, sorted', ['52.44.63.161/32', GOOD], [GOOD, '52.44.63.161/32']],
    ['a region in lower case', [entry(GOOD, { region: 'us' })], [GOOD]],
    ['an entry with unknown fields', [entry(GOOD, { note: 'new', tags: [1] })], [GOOD]],
    ['nothing of INTERCOM-ENDPOINTS', [GOOD, entry('18.97.36.0/25', { service: 'INTERCOM-ENDPOINTS' })], [GOOD]],
    ['nothing of INTERCOM-GENERAL', [GOOD, entry('100.26.10.220/32', { service: 'INTERCOM-GENERAL' })], [GOOD]],
    ['nothing of an unknown service', [GOOD, entry('34.0.0.1/32', { service: 'INTERCOM-NEW' })], [GOOD]],
    ['nothing of a service with another name', [entry(GOOD, { service: 'INTERCOM-OUTBOUND-2' })], []],
    [
      'an unreadable entry of another service without rejecting it',
      [GOOD, entry(null, { service: 'INTERCOM-GENERAL', region: 7 })],
      [GOOD],
    ],
    ['an empty list as no ranges', [], []],
  ])('%s', (_rule, entries, ranges) => {
    expect(read(feed(entries))).toEqual({ ranges, rejected: [], date: undefined });
  });

  test.each<[IntercomRegion, number]>([
    ['us', 6],
    ['eu', 3],
    ['au', 3],
  ])('only the outbound ranges of the file published for %s, of which there are %i', (region, count) => {
    const outbound = PUBLISHED[region].ip_ranges.filter(({ service }) => service === OUTBOUND);
    const { ranges, ...rest } = read(JSON.stringify(PUBLISHED[region]), region);
    expect(ranges).toHaveLength(count);
    expect(new Set(ranges)).toEqual(new Set(outbound.map(({ range }) => range)));
    expect(rest).toEqual({ rejected: [], date: '2026-06-29' });
  });

  it('the date as published', () => {
    expect(read(feed([GOOD], '2026-06-29')).date).toBe('2026-06-29');
  });

  it('a file with unknown fields', () => {
    const body = JSON.stringify({ version: 2, ip_ranges: [entry(GOOD)], next: { date: 1 } });
    expect(read(body).ranges).toEqual([GOOD]);
  });
});

describe('parseFeed rejects by name, without affecting the valid entry,', () => {
  test.each<[string, unknown, { range: string; reason: string }]>([
    ['/0', '0.0.0.0/0', { range: '0.0.0.0/0', reason: 'would allow every address' }],
    ['IPv6 /0', '::/0', { range: '::/0', reason: 'would allow every address' }],
    ['IPv4 that is too broad', '34.0.0.0/19', { range: '34.0.0.0/19', reason: 'wider than /20' }],
    ['IPv6 that is too broad', '2600::/39', { range: '2600::/39', reason: 'wider than /40' }],
    ['a private range', '10.0.0.0/24', { range: '10.0.0.0/24', reason: 'not globally routable (private)' }],
    [
      'a mapped private range, as published',
      '::ffff:192.168.0.1',
      { range: '::ffff:192.168.0.1', reason: 'not globally routable (private)' },
    ],
    [
      'a private range with host bits, as published',
      '10.1.2.3/8',
      { range: '10.1.2.3/8', reason: 'not globally routable (private)' },
    ],
    ['a text', 'not a range', { range: 'not a range', reason: 'not an address or CIDR' }],
    ['an empty range', '', { range: '', reason: 'not an address or CIDR' }],
    ['octal', '034.197.76.213', { range: '034.197.76.213', reason: 'not an address or CIDR' }],
    ['a leading space', ' 34.197.76.213', { range: ' 34.197.76.213', reason: 'not an address or CIDR' }],
    ['a long text, shortened', long, { range: `${'x'.repeat(64)}...`, reason: 'not an address or CIDR' }],
    [
      'another region',
      entry('34.0.0.1/32', { region: 'EU' }),
      { range: '34.0.0.1/32', reason: 'of region EU, not US' },
    ],
    [
      'a region with a long name, shortened',
      entry('34.0.0.1/32', { region: long }),
      { range: '34.0.0.1/32', reason: `of region ${'x'.repeat(64)}..., not US` },
    ],
    ['null', null, { range: 'null', reason: 'does not have the published shape' }],
    ['a number', 7, { range: '7', reason: 'does not have the published shape' }],
    ['a list', ['34.0.0.1/32'], { range: '["34.0.0.1/32"]', reason: 'does not have the published shape' }],
    ['an empty object', {}, { range: '{}', reason: 'does not have the published shape' }],
    [
      'an entry without a service, which may be outbound',
      { range: '34.0.0.1/32', region: 'US' },
      { range: '{"range":"34.0.0.1/32","region":"US"}', reason: 'does not have the published shape' },
    ],
    [
      'a service that is not a text',
      { service: 1, range: '34.0.0.1' },
      { range: '{"service":1,"range":"34.0.0.1"}', reason: 'does not have the published shape' },
    ],
    [
      'an outbound entry without a range',
      { service: OUTBOUND, region: 'US' },
      { range: `{"service":"${OUTBOUND}","region":"US"}`, reason: 'does not have the published shape' },
    ],
    [
      'an outbound entry without a region',
      { service: OUTBOUND, range: '34.0.0.1' },
      { range: `{"service":"${OUTBOUND}","range":"34.0.0.1"}`, reason: 'does not have the published shape' },
    ],
    [
      'a range that is a list',
      { service: OUTBOUND, region: 'US', range: [1] },
      { range: `{"service":"${OUTBOUND}","region":"US","range":[1]}`, reason: 'does not have the published shape' },
    ],
  ])('%s', (_rule, bad, rejection) => {
    const badEntry = typeof bad === 'string' ? entry(bad) : bad;
    expect(read(feed([badEntry, GOOD]))).toEqual({ ranges: [GOOD], rejected: [rejection], date: undefined });
  });

  test.each([
    ['case', OUTBOUND.toLowerCase()],
    ['a trailing space', `${OUTBOUND} `],
    ['a space inside', 'INTERCOM - OUTBOUND'],
    ['invisible white space', `\u200b${OUTBOUND}\u00a0`],
  ])('a service that differs from the outbound one in %s', (_difference, service) => {
    const misspelled = entry('34.0.0.1/32', { service });
    const reason = `its service is "${service}", not INTERCOM-OUTBOUND`;
    const range = `${JSON.stringify(misspelled).slice(0, 64)}...`;
    expect(read(feed([misspelled, GOOD]))).toEqual({ ranges: [GOOD], rejected: [{ range, reason }], date: undefined });
  });

  it('each of several entries, in the order of the file', () => {
    const { ranges, rejected } = read(feed(['::1', GOOD, '10.0.0.1', 'x']));
    expect(ranges).toEqual([GOOD]);
    expect(rejected.map(({ range }) => range)).toEqual(['::1', '10.0.0.1', 'x']);
  });
});

describe('parseFeed adds the network of a range with host bits and rejects the range by name,', () => {
  test.each([
    ['IPv4', '34.197.76.213/24', '34.197.76.0/24'],
    ['IPv6', '2600:1f18::1/40', '2600:1f18::/40'],
    ['mapped IPv6', '::ffff:34.197.76.213/120', '34.197.76.0/24'],
  ])('in %s', (_family, range, network) => {
    const reason = `host bits are set, so it was read as ${network}`;
    expect(read(feed([range]))).toEqual({ ranges: [network], rejected: [{ range, reason }], date: undefined });
  });
});

describe('parseFeed throws InvalidFeedError for', () => {
  test.each([
    ['an empty body', '', 'it is not JSON: it starts with '],
    ['HTML', '<!doctype html><title>Error</title>', 'it is not JSON: it starts with "<!doctype html>'],
    ['truncated JSON', feed([GOOD]).slice(0, -1), 'not JSON'],
    ['two documents', `${feed([GOOD])}${feed([GOOD])}`, 'not JSON'],
    ['null', 'null', 'it does not have the published shape: body'],
    ['a text', '"text"', 'it does not have the published shape: body'],
    ['a number', '42', 'it does not have the published shape: body'],
    ['a list', JSON.stringify([entry(GOOD)]), 'it does not have the published shape: ip_ranges'],
    ['an object without ranges', '{}', 'it does not have the published shape: ip_ranges'],
    [
      'ranges under another name',
      JSON.stringify({ ranges: [entry(GOOD)] }),
      'it does not have the published shape: ip_ranges',
    ],
    [
      'ranges as an object',
      JSON.stringify({ ip_ranges: { 0: entry(GOOD) } }),
      'it does not have the published shape: ip_ranges',
    ],
    ['ranges as null', JSON.stringify({ ip_ranges: null }), 'it does not have the published shape: ip_ranges'],
    ['ranges as a text', JSON.stringify({ ip_ranges: GOOD }), 'it does not have the published shape: ip_ranges'],
  ])('%s', (_rule, body, message) => {
    expect(() => parseFeed(body, 'us')).toThrow(InvalidFeedError);
    expect(() => parseFeed(body, 'us')).toThrow(message);
  });

  it('a long text, and quotes only its beginning', () => {
    expect(() => parseFeed(`<${long.repeat(100)}`, 'us')).toThrow(/^.{1,120}$/);
  });
});
