import { gzipSync } from 'node:zlib';
import { desireRanges, plan } from '../../../lambda/core/plan/plan';
import { applyPolicy } from '../../../lambda/core/plan/policy';
import { formatRange } from '../../../lambda/core/ranges/range';
import { readFeeds } from '../../../lambda/sync/read-feeds';
import {
  type Answer,
  breakInBody,
  closePublishers,
  hang,
  hangInBody,
  ok,
  type Publisher,
  redirect,
  respond,
  startPublisher,
} from '../../sync/publisher';
import { context, managed, textsOf } from '../plan/builders';
import { accepted, entry, feed, OUTBOUND, PUBLISHED } from './builders';

const TODAY = '2026-06-30';
/** In force, and the last accepted ranges. */
const KEPT = ['34.197.76.213/32', '35.169.138.21/32'];
/** The valid entry of a bad feed. */
const NEW = '52.44.63.161/32';

/** A US feed with these entries and a valid one. */
const withValid = (...bad: unknown[]) => feed([...bad, NEW]);
const dated = (date: unknown) => feed([NEW], date);
const json = (value: unknown) => JSON.stringify(value);
const good = feed([NEW], TODAY);
const bytes = (...codes: number[]) => Buffer.from(codes);
const service = (name: unknown, range = NEW) => entry(range, { service: name });

/**
 * Every bad answer and its outcome: the status of the feed, whether its valid entry is added, and how many entries are rejected
 * by name. Text and bytes are answered with 200.
 */
const CASES: readonly (readonly [name: string, answer: string | Buffer | Answer, outcome: string])[] = [
  // Answers without a feed.
  ['no content', respond(204), 'failed'],
  ['a part of it', respond(206, {}, good), 'failed'],
  ['a redirect to nowhere', respond(302), 'failed'],
  ['a redirect to another host', redirect('https://cdn.example.com/us/intercom-ip-ranges.json'), 'failed'],
  ['a redirect to another port', redirect('http://127.0.0.1:9/us/intercom-ip-ranges.json'), 'failed'],
  ['a redirect to a file', redirect('file:///etc/passwd'), 'failed'],
  ['a redirect to a text that is not a URL', redirect('http://'), 'failed'],
  ['a redirect to itself', redirect('/us/intercom-ip-ranges.json'), 'failed'],
  ['a permanent redirect to another host', redirect('https://example.com/', 308), 'failed'],
  ['several choices', respond(300, {}, good), 'failed'],
  ['bad request', respond(400, {}, good), 'failed'],
  ['no authorization', respond(401, {}, good), 'failed'],
  ['forbidden, with a feed in it', respond(403, {}, good), 'failed'],
  ['not found', respond(404, {}, '<Error><Code>NoSuchKey</Code></Error>'), 'failed'],
  ['not allowed', respond(405), 'failed'],
  ['gone', respond(410), 'failed'],
  ['a teapot', respond(418), 'failed'],
  ['too many requests', respond(429), 'failed'],
  ['withheld for legal reasons', respond(451), 'failed'],
  ['an internal server error', respond(500, {}, good), 'failed'],
  ['a bad gateway', respond(502), 'failed'],
  ['an overloaded server', respond(503, { 'retry-after': '120' }), 'failed'],
  ['a gateway timeout', respond(504), 'failed'],
  ['an undefined status', respond(599), 'failed'],
  ['no answer at all', hang, 'failed'],
  ['half a body that never ends', hangInBody, 'failed'],
  ['half a body and a broken connection', breakInBody, 'failed'],
  ['a connection that is closed before an answer', (response) => void response.destroy(), 'failed'],
  [
    'a body shorter than its Content-Length',
    (response) => void response.writeHead(200, { 'content-length': 9999 }).end(good, () => response.destroy()),
    'failed',
  ],
  ['a Content-Encoding gzip without gzip', ok(good, { 'content-encoding': 'gzip' }), 'failed'],
  ['gzip without a Content-Encoding', gzipSync(good), 'invalid'],
  ['one byte over 1 MiB', `${good}${' '.repeat(1024 * 1024 + 1 - good.length)}`, 'invalid'],
  [
    'a gzip bomb of 100 MiB',
    ok(gzipSync(Buffer.alloc(100 * 1024 * 1024, ' ')), { 'content-encoding': 'gzip' }),
    'invalid',
  ],

  // Bodies that are not JSON.
  ['an empty body', '', 'invalid'],
  ['a space', ' ', 'invalid'],
  ['zeros', bytes(0, 0, 0, 0), 'invalid'],
  ['bytes that are not UTF-8', bytes(0x7b, 0xff, 0xfe, 0x7d), 'invalid'],
  ['UTF-16', Buffer.from(good, 'utf16le'), 'invalid'],
  ['a name in Latin-1', Buffer.from('{"ip_ranges":[],"note":"Gr\u00fc\u00dfe"}', 'latin1'), 'invalid'],
  ['HTML', '<!doctype html><title>Maintenance</title>', 'invalid'],
  ['a captive portal', '<html><body>Please log in</body></html>', 'invalid'],
  ['XML', '<?xml version="1.0"?><ranges/>', 'invalid'],
  ['a plain list', `${KEPT.join('\n')}\n${NEW}\n`, 'invalid'],
  ['CSV', `range,region\n${NEW},US\n`, 'invalid'],
  ['YAML', `ip_ranges:\n  - range: ${NEW}\n`, 'invalid'],
  ['a script', `callback(${good})`, 'invalid'],
  ['JSON behind an XSSI prefix', `)]}',\n${good}`, 'invalid'],
  ['JSON in JSON', json(good), 'invalid'],
  ['two documents', good + good, 'invalid'],
  ['a document and a line', `${good}\nOK`, 'invalid'],
  ['a tenth of it', good.slice(0, good.length / 10), 'invalid'],
  ['half of it', good.slice(0, good.length / 2), 'invalid'],
  ['all but the last byte', good.slice(0, -1), 'invalid'],
  ['a trailing comma', good.replace(']', ',]'), 'invalid'],
  ['single quotes', good.replaceAll('"', "'"), 'invalid'],
  ['a comment', `/* ranges */${good}`, 'invalid'],
  ['NaN', '{"ip_ranges":NaN}', 'invalid'],
  ['deeply nested lists', '['.repeat(100_000), 'invalid'],

  // JSON of another shape.
  ['null', 'null', 'invalid'],
  ['true', 'true', 'invalid'],
  ['a number', '42', 'invalid'],
  ['a text', '"34.197.76.213/32"', 'invalid'],
  ['a list of entries', json([entry(NEW)]), 'invalid'],
  ['a list of ranges', json([NEW]), 'invalid'],
  ['an empty object', '{}', 'invalid'],
  ['an error object', '{"error":"internal"}', 'invalid'],
  ['no ranges, only a date', json({ date: TODAY }), 'invalid'],
  ["another provider's shape", json({ prefixes: [{ ip_prefix: NEW, service: OUTBOUND, region: 'US' }] }), 'invalid'],
  ['a key in upper case', json({ IP_RANGES: [entry(NEW)] }), 'invalid'],
  ['a key in camel case', json({ ipRanges: [entry(NEW)] }), 'invalid'],
  ['ranges behind a prototype', '{"__proto__":{"ip_ranges":[]}}', 'invalid'],
  ['ranges that are null', json({ ip_ranges: null }), 'invalid'],
  ['ranges that are a text', json({ ip_ranges: NEW }), 'invalid'],
  ['ranges that are an object', json({ ip_ranges: { us: [entry(NEW)] } }), 'invalid'],
  ['ranges that are a number', json({ ip_ranges: 1 }), 'invalid'],
  ['ranges by region', json({ us: { ip_ranges: [entry(NEW)] } }), 'invalid'],

  // No outbound range to allow.
  ['an empty list', feed([]), 'invalid'],
  ['an empty list of today', feed([], TODAY), 'invalid'],
  ['only other services', feed([service('INTERCOM-GENERAL'), service('INTERCOM-ENDPOINTS')]), 'invalid'],
  ['a renamed service', feed([service('INTERCOM-WEBHOOKS')]), 'invalid'],
  ['the service in lower case', feed([service('intercom-outbound')]), 'invalid, rejects 1'],
  ['the service with a space', feed([service(`${OUTBOUND} `)]), 'invalid, rejects 1'],
  ["another region's file", json(PUBLISHED.au), 'invalid, rejects 3'],
  ['only a private range', feed(['10.0.0.0/24']), 'invalid, rejects 1'],
  ['only garbage', feed(['garbage', null, 7]), 'invalid, rejects 3'],
  ['only empty entries', feed([{}, {}, []]), 'invalid, rejects 3'],

  // An entry that must not be allowed, and a valid one.
  ['every address', withValid('0.0.0.0/0'), 'fresh, adds, rejects 1'],
  ['every IPv6 address', withValid('::/0'), 'fresh, adds, rejects 1'],
  ['every address in two halves', withValid('0.0.0.0/1', '128.0.0.0/1'), 'fresh, adds, rejects 2'],
  ['every address, with host bits', withValid('34.197.76.213/0'), 'fresh, adds, rejects 1'],
  ['all of a provider', withValid('34.192.0.0/10'), 'fresh, adds, rejects 1'],
  ['one bit too wide', withValid('34.0.0.0/19'), 'fresh, adds, rejects 1'],
  ['one bit too wide in IPv6', withValid('2600::/39'), 'fresh, adds, rejects 1'],
  ['this network', withValid('0.0.0.0'), 'fresh, adds, rejects 1'],
  ['a private range, 10', withValid('10.1.2.3'), 'fresh, adds, rejects 1'],
  ['a private range, 172', withValid('172.31.255.255'), 'fresh, adds, rejects 1'],
  ['a private range, 192', withValid('192.168.1.0/24'), 'fresh, adds, rejects 1'],
  ['carrier-grade NAT', withValid('100.64.0.1'), 'fresh, adds, rejects 1'],
  ['loopback', withValid('127.0.0.1'), 'fresh, adds, rejects 1'],
  ['the metadata service', withValid('169.254.169.254'), 'fresh, adds, rejects 1'],
  ['documentation', withValid('203.0.113.7', '198.51.100.0/24', '192.0.2.1'), 'fresh, adds, rejects 3'],
  ['benchmarking', withValid('198.18.0.1'), 'fresh, adds, rejects 1'],
  ['multicast', withValid('224.0.0.1'), 'fresh, adds, rejects 1'],
  ['reserved', withValid('240.0.0.1'), 'fresh, adds, rejects 1'],
  ['broadcast', withValid('255.255.255.255'), 'fresh, adds, rejects 1'],
  ['IPv6 loopback', withValid('::1'), 'fresh, adds, rejects 1'],
  ['IPv6 unspecified', withValid('::'), 'fresh, adds, rejects 1'],
  ['unique local', withValid('fd00::/64'), 'fresh, adds, rejects 1'],
  ['IPv6 link-local', withValid('fe80::1'), 'fresh, adds, rejects 1'],
  ['IPv6 multicast', withValid('ff02::1'), 'fresh, adds, rejects 1'],
  ['IPv6 documentation', withValid('2001:db8::1'), 'fresh, adds, rejects 1'],
  ['6to4 of a private address', withValid('2002:0a00:0001::1'), 'fresh, adds, rejects 1'],
  ['NAT64 of a private address', withValid('64:ff9b::10.0.0.1'), 'fresh, adds, rejects 1'],
  ['mapped private', withValid('::ffff:10.0.0.1'), 'fresh, adds, rejects 1'],
  ['another region', withValid(entry('54.217.125.63', { region: 'EU' })), 'fresh, adds, rejects 1'],
  ['no region', withValid({ range: '54.217.125.63', service: OUTBOUND }), 'fresh, adds, rejects 1'],
  ['a region that is a number', withValid(entry('54.217.125.63', { region: 1 })), 'fresh, adds, rejects 1'],
  ['no range', withValid({ region: 'US', service: OUTBOUND }), 'fresh, adds, rejects 1'],
  ['a range that is null', withValid(entry(null)), 'fresh, adds, rejects 1'],
  ['a range that is a list', withValid(entry([NEW])), 'fresh, adds, rejects 1'],
  ['a range that is a number', withValid(entry(583355605)), 'fresh, adds, rejects 1'],
  ['no service', withValid({ range: '54.217.125.63', region: 'US' }), 'fresh, adds, rejects 1'],
  ['a service that is null', withValid(service(null)), 'fresh, adds, rejects 1'],
  ['an entry that is null', withValid(null), 'fresh, adds, rejects 1'],
  ['an entry that is a list', withValid([['34.0.0.1']]), 'fresh, adds, rejects 1'],

  ['the service in mixed case', withValid(service('Intercom-Outbound', '54.217.125.63')), 'fresh, adds, rejects 1'],

  // A text that some readers take for an address.
  ['two glued addresses', withValid('34.197.76.21334.231.68.152'), 'fresh, adds, rejects 1'],
  ['two addresses in one', withValid('34.0.0.1,34.0.0.3'), 'fresh, adds, rejects 1'],
  ['a span', withValid('34.0.0.1-34.0.0.9'), 'fresh, adds, rejects 1'],
  ['a host name', withValid('webhooks.intercom.example'), 'fresh, adds, rejects 1'],
  ['a URL', withValid('https://34.0.0.1/'), 'fresh, adds, rejects 1'],
  ['a port', withValid('34.0.0.1:443'), 'fresh, adds, rejects 1'],
  ['three numbers', withValid('34.0.1'), 'fresh, adds, rejects 1'],
  ['five numbers', withValid('34.0.0.0.1'), 'fresh, adds, rejects 1'],
  ['a number too large', withValid('34.0.0.256'), 'fresh, adds, rejects 1'],
  ['octal', withValid('034.0.0.1'), 'fresh, adds, rejects 1'],
  ['hexadecimal', withValid('0x22.0.0.1'), 'fresh, adds, rejects 1'],
  ['one whole number', withValid('583355605'), 'fresh, adds, rejects 1'],
  ['a minus', withValid('34.0.0.-1'), 'fresh, adds, rejects 1'],
  ['a space before', withValid(' 34.0.0.1'), 'fresh, adds, rejects 1'],
  ['a line break after', withValid('34.0.0.1\n'), 'fresh, adds, rejects 1'],
  ['other digits', withValid('\u0663\u0664.0.0.1'), 'fresh, adds, rejects 1'],
  ['a wildcard', withValid('34.0.0.*'), 'fresh, adds, rejects 1'],
  ['no prefix after the slash', withValid('34.0.0.1/'), 'fresh, adds, rejects 1'],
  ['a prefix too long', withValid('34.0.0.1/33'), 'fresh, adds, rejects 1'],
  ['a prefix too long in IPv6', withValid('2600::/129'), 'fresh, adds, rejects 1'],
  ['a negative prefix', withValid('34.0.0.1/-1'), 'fresh, adds, rejects 1'],
  ['a prefix with a zero before', withValid('34.0.0.1/032'), 'fresh, adds, rejects 1'],
  ['a net mask', withValid('34.0.0.0/255.255.255.0'), 'fresh, adds, rejects 1'],
  ['two prefixes', withValid('34.0.0.0/24/32'), 'fresh, adds, rejects 1'],
  ['a zone', withValid('2600::1%eth0'), 'fresh, adds, rejects 1'],
  ['two double colons', withValid('2600::1::2'), 'fresh, adds, rejects 1'],
  ['IPv6 in brackets', withValid('[2600::1]'), 'fresh, adds, rejects 1'],
  ['an empty text', withValid(''), 'fresh, adds, rejects 1'],
  ['a very long text', withValid('9'.repeat(10_000)), 'fresh, adds, rejects 1'],
  ['markup', withValid('<script>alert(1)</script>'), 'fresh, adds, rejects 1'],

  // A date that cannot be trusted.
  ['an older date', dated('2026-06-27'), 'stale, adds'],
  ['a date of years ago', dated('1970-01-01'), 'stale, adds'],
  ['a date two days ahead', dated('2026-07-02'), 'stale, adds'],
  ['the last four-digit year', dated('9999-12-31'), 'stale, adds'],
  ['a date in words', dated('yesterday'), 'stale, adds'],
  ['an empty date', dated(''), 'stale, adds'],
  ['a date that is null', dated(null), 'stale, adds'],
  ['a date that is a number', dated(1782777600), 'stale, adds'],
  ['a date with a time', dated('2026-06-30T09:01:00Z'), 'stale, adds'],
  ['a day that does not exist', dated('2026-06-31'), 'stale, adds'],
  ['a month that does not exist', dated('2026-13-01'), 'stale, adds'],
  ['the day first', dated('30-06-2026'), 'stale, adds'],
  ['an older date and a bad entry', feed(['garbage', NEW], '2026-06-01'), 'stale, adds, rejects 1'],
];

let publisher: Publisher;
let answer: Answer;
beforeAll(async () => {
  publisher = await startPublisher((request, response) => answer(response, request));
});
afterAll(closePublishers);

/** Reads the feed over HTTP, after KEPT was accepted. */
async function read() {
  const source = `${publisher.origin}/us/intercom-ip-ranges.json`;
  const last = accepted(KEPT, { source, date: '2026-06-29' });
  const [assessment] = await readFeeds(publisher.origin, ['us'], new Map([['us', last]]), TODAY, {
    timeoutMs: 200,
    backoffMs: 1,
  });
  if (!assessment) throw new Error('no assessment');
  return assessment;
}

test(`at least 100 bad feeds are tested, and no two have the same name`, () => {
  expect(CASES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(CASES.map(([name]) => name)).size).toBe(CASES.length);
});

test.each(CASES)('a bad feed removes nothing and adds only its valid entries: %s', async (_name, given, outcome) => {
  answer = typeof given === 'function' ? given : ok(given);
  const assessment = await read();
  const { status, ranges, rejected, distrustReason, accept } = assessment;
  const adds = ranges.map(formatRange).includes(NEW);
  const parts = [status, ...(adds ? ['adds'] : []), ...(rejected.length > 0 ? [`rejects ${rejected.length}`] : [])];
  expect(parts.join(', ')).toBe(outcome);

  const current = [...KEPT, '54.217.125.63/32'].map((range) => managed(range));
  const distrustReasons = new Map(distrustReason === undefined ? [] : [['us' as const, distrustReason]]);
  const { changes } = applyPolicy(
    plan(desireRanges([assessment]), [undefined], current),
    context({ intercomRegions: ['us'], distrustReasons }),
  );
  expect(textsOf(changes.remove)).toEqual([]);
  expect(textsOf(changes.add)).toEqual(adds ? [NEW] : []);
  expect(accept).toBeUndefined();
});
