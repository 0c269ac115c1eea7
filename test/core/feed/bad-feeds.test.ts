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
/** In force, and accepted last. */
const KEPT = ['34.197.76.213/32', '35.169.138.21/32'];
/** Published by the good part of a bad feed. */
const NEW = '52.44.63.161/32';

/** A feed of the US with these entries beside a good one. */
const beside = (...bad: unknown[]) => feed([...bad, NEW]);
const dated = (date: unknown) => feed([NEW], date);
const json = (value: unknown) => JSON.stringify(value);
const good = feed([NEW], TODAY);
const bytes = (...codes: number[]) => Buffer.from(codes);
const service = (name: unknown, range = NEW) => entry(range, { service: name });

/**
 * Every bad answer and what comes of it: the feed's status, whether its good entry is added, and how many entries are
 * refused by name. A text or bytes come with 200. Another case is another line.
 */
const CASES: readonly (readonly [name: string, answer: string | Buffer | Answer, outcome: string])[] = [
  // The publisher does not answer with a feed.
  ['no content', respond(204), 'failed'],
  ['a part of it', respond(206, {}, good), 'failed'],
  ['a redirect to nowhere', respond(302), 'failed'],
  ['a redirect to another host', redirect('https://cdn.example.com/us/intercom-ip-ranges.json'), 'failed'],
  ['a redirect to another port', redirect('http://127.0.0.1:9/us/intercom-ip-ranges.json'), 'failed'],
  ['a redirect to a file', redirect('file:///etc/passwd'), 'failed'],
  ['a redirect to what is no URL', redirect('http://'), 'failed'],
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
  ['a broken server', respond(500, {}, good), 'failed'],
  ['a bad gateway', respond(502), 'failed'],
  ['an overloaded server', respond(503, { 'retry-after': '120' }), 'failed'],
  ['a gateway that waited too long', respond(504), 'failed'],
  ['a status that there is not', respond(599), 'failed'],
  ['no answer at all', hang, 'failed'],
  ['half a body and silence', hangInBody, 'failed'],
  ['half a body and a broken connection', breakInBody, 'failed'],
  ['a connection that is closed at once', (response) => void response.destroy(), 'failed'],
  [
    'less than it promised',
    (response) => void response.writeHead(200, { 'content-length': 9999 }).end(good, () => response.destroy()),
    'failed',
  ],
  ['gzip that is none', ok(good, { 'content-encoding': 'gzip' }), 'failed'],
  ['gzip that nobody announced', gzipSync(good), 'invalid'],
  ['one byte over a mebibyte', `${good}${' '.repeat(1024 * 1024 + 1 - good.length)}`, 'invalid'],
  [
    'a bomb of a hundred mebibytes',
    ok(gzipSync(Buffer.alloc(100 * 1024 * 1024, ' ')), { 'content-encoding': 'gzip' }),
    'invalid',
  ],

  // Bytes that are no JSON.
  ['nothing', '', 'invalid'],
  ['a space', ' ', 'invalid'],
  ['zeros', bytes(0, 0, 0, 0), 'invalid'],
  ['bytes that are no UTF-8', bytes(0x7b, 0xff, 0xfe, 0x7d), 'invalid'],
  ['UTF-16', Buffer.from(good, 'utf16le'), 'invalid'],
  ['a name in Latin-1', Buffer.from('{"ip_ranges":[],"note":"Gr\u00fc\u00dfe"}', 'latin1'), 'invalid'],
  ['HTML', '<!doctype html><title>Maintenance</title>', 'invalid'],
  ['a captive portal', '<html><body>Please log in</body></html>', 'invalid'],
  ['XML', '<?xml version="1.0"?><ranges/>', 'invalid'],
  ['a plain list', `${KEPT.join('\n')}\n${NEW}\n`, 'invalid'],
  ['CSV', `range,region\n${NEW},US\n`, 'invalid'],
  ['YAML', `ip_ranges:\n  - range: ${NEW}\n`, 'invalid'],
  ['a script', `callback(${good})`, 'invalid'],
  ['a guarded JSON', `)]}',\n${good}`, 'invalid'],
  ['JSON in JSON', json(good), 'invalid'],
  ['two documents', good + good, 'invalid'],
  ['a document and a line', `${good}\nOK`, 'invalid'],
  ['a tenth of it', good.slice(0, good.length / 10), 'invalid'],
  ['half of it', good.slice(0, good.length / 2), 'invalid'],
  ['all but the last byte', good.slice(0, -1), 'invalid'],
  ['a trailing comma', good.replace(']', ',]'), 'invalid'],
  ['single quotes', good.replaceAll('"', "'"), 'invalid'],
  ['a comment', `/* ranges */${good}`, 'invalid'],
  ['no number', '{"ip_ranges":NaN}', 'invalid'],
  ['lists in lists in lists', '['.repeat(100_000), 'invalid'],

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

  // Nothing to let in.
  ['an empty list', feed([]), 'invalid'],
  ['an empty list of today', feed([], TODAY), 'invalid'],
  ['only other services', feed([service('INTERCOM-GENERAL'), service('INTERCOM-ENDPOINTS')]), 'invalid'],
  ['a renamed service', feed([service('INTERCOM-WEBHOOKS')]), 'invalid'],
  ['the service in lower case', feed([service('intercom-outbound')]), 'invalid'],
  ['the service with a space', feed([service(`${OUTBOUND} `)]), 'invalid'],
  ["another region's file", json(PUBLISHED.au), 'invalid, refuses 3'],
  ['only a private range', feed(['10.0.0.0/24']), 'invalid, refuses 1'],
  ['only garbage', feed(['garbage', null, 7]), 'invalid, refuses 3'],
  ['only empty entries', feed([{}, {}, []]), 'invalid, refuses 3'],

  // An entry that must not be let in, beside a good one.
  ['every address', beside('0.0.0.0/0'), 'fresh, adds, refuses 1'],
  ['every IPv6 address', beside('::/0'), 'fresh, adds, refuses 1'],
  ['every address in two halves', beside('0.0.0.0/1', '128.0.0.0/1'), 'fresh, adds, refuses 2'],
  ['every address, with host bits', beside('34.197.76.213/0'), 'fresh, adds, refuses 1'],
  ['all of a provider', beside('34.192.0.0/10'), 'fresh, adds, refuses 1'],
  ['one bit too wide', beside('34.0.0.0/19'), 'fresh, adds, refuses 1'],
  ['one bit too wide in IPv6', beside('2600::/39'), 'fresh, adds, refuses 1'],
  ['this network', beside('0.0.0.0'), 'fresh, adds, refuses 1'],
  ['a private range, 10', beside('10.1.2.3'), 'fresh, adds, refuses 1'],
  ['a private range, 172', beside('172.31.255.255'), 'fresh, adds, refuses 1'],
  ['a private range, 192', beside('192.168.1.0/24'), 'fresh, adds, refuses 1'],
  ['carrier-grade NAT', beside('100.64.0.1'), 'fresh, adds, refuses 1'],
  ['loopback', beside('127.0.0.1'), 'fresh, adds, refuses 1'],
  ['the metadata service', beside('169.254.169.254'), 'fresh, adds, refuses 1'],
  ['documentation', beside('203.0.113.7', '198.51.100.0/24', '192.0.2.1'), 'fresh, adds, refuses 3'],
  ['benchmarking', beside('198.18.0.1'), 'fresh, adds, refuses 1'],
  ['multicast', beside('224.0.0.1'), 'fresh, adds, refuses 1'],
  ['reserved', beside('240.0.0.1'), 'fresh, adds, refuses 1'],
  ['broadcast', beside('255.255.255.255'), 'fresh, adds, refuses 1'],
  ['IPv6 loopback', beside('::1'), 'fresh, adds, refuses 1'],
  ['IPv6 unspecified', beside('::'), 'fresh, adds, refuses 1'],
  ['unique local', beside('fd00::/64'), 'fresh, adds, refuses 1'],
  ['IPv6 link-local', beside('fe80::1'), 'fresh, adds, refuses 1'],
  ['IPv6 multicast', beside('ff02::1'), 'fresh, adds, refuses 1'],
  ['IPv6 documentation', beside('2001:db8::1'), 'fresh, adds, refuses 1'],
  ['6to4 of a private address', beside('2002:0a00:0001::1'), 'fresh, adds, refuses 1'],
  ['NAT64 of a private address', beside('64:ff9b::10.0.0.1'), 'fresh, adds, refuses 1'],
  ['mapped private', beside('::ffff:10.0.0.1'), 'fresh, adds, refuses 1'],
  ['another region', beside(entry('54.217.125.63', { region: 'EU' })), 'fresh, adds, refuses 1'],
  ['no region', beside({ range: '54.217.125.63', service: OUTBOUND }), 'fresh, adds, refuses 1'],
  ['a region that is a number', beside(entry('54.217.125.63', { region: 1 })), 'fresh, adds, refuses 1'],
  ['no range', beside({ region: 'US', service: OUTBOUND }), 'fresh, adds, refuses 1'],
  ['a range that is null', beside(entry(null)), 'fresh, adds, refuses 1'],
  ['a range that is a list', beside(entry([NEW])), 'fresh, adds, refuses 1'],
  ['a range that is a number', beside(entry(583355605)), 'fresh, adds, refuses 1'],
  ['no service', beside({ range: '54.217.125.63', region: 'US' }), 'fresh, adds, refuses 1'],
  ['a service that is null', beside(service(null)), 'fresh, adds, refuses 1'],
  ['an entry that is null', beside(null), 'fresh, adds, refuses 1'],
  ['an entry that is a list', beside([['34.0.0.1']]), 'fresh, adds, refuses 1'],

  // A text that somebody might take for an address.
  ['two glued addresses', beside('34.197.76.21334.231.68.152'), 'fresh, adds, refuses 1'],
  ['two addresses in one', beside('34.0.0.1,34.0.0.3'), 'fresh, adds, refuses 1'],
  ['a span', beside('34.0.0.1-34.0.0.9'), 'fresh, adds, refuses 1'],
  ['a host name', beside('webhooks.intercom.example'), 'fresh, adds, refuses 1'],
  ['a URL', beside('https://34.0.0.1/'), 'fresh, adds, refuses 1'],
  ['a port', beside('34.0.0.1:443'), 'fresh, adds, refuses 1'],
  ['three numbers', beside('34.0.1'), 'fresh, adds, refuses 1'],
  ['five numbers', beside('34.0.0.0.1'), 'fresh, adds, refuses 1'],
  ['a number too large', beside('34.0.0.256'), 'fresh, adds, refuses 1'],
  ['octal', beside('034.0.0.1'), 'fresh, adds, refuses 1'],
  ['hexadecimal', beside('0x22.0.0.1'), 'fresh, adds, refuses 1'],
  ['one whole number', beside('583355605'), 'fresh, adds, refuses 1'],
  ['a minus', beside('34.0.0.-1'), 'fresh, adds, refuses 1'],
  ['a space before', beside(' 34.0.0.1'), 'fresh, adds, refuses 1'],
  ['a line break after', beside('34.0.0.1\n'), 'fresh, adds, refuses 1'],
  ['other digits', beside('\u0663\u0664.0.0.1'), 'fresh, adds, refuses 1'],
  ['a wildcard', beside('34.0.0.*'), 'fresh, adds, refuses 1'],
  ['no prefix after the slash', beside('34.0.0.1/'), 'fresh, adds, refuses 1'],
  ['a prefix too long', beside('34.0.0.1/33'), 'fresh, adds, refuses 1'],
  ['a prefix too long in IPv6', beside('2600::/129'), 'fresh, adds, refuses 1'],
  ['a negative prefix', beside('34.0.0.1/-1'), 'fresh, adds, refuses 1'],
  ['a prefix with a zero before', beside('34.0.0.1/032'), 'fresh, adds, refuses 1'],
  ['a net mask', beside('34.0.0.0/255.255.255.0'), 'fresh, adds, refuses 1'],
  ['two prefixes', beside('34.0.0.0/24/32'), 'fresh, adds, refuses 1'],
  ['a zone', beside('2600::1%eth0'), 'fresh, adds, refuses 1'],
  ['two double colons', beside('2600::1::2'), 'fresh, adds, refuses 1'],
  ['IPv6 in brackets', beside('[2600::1]'), 'fresh, adds, refuses 1'],
  ['an empty text', beside(''), 'fresh, adds, refuses 1'],
  ['a very long text', beside('9'.repeat(10_000)), 'fresh, adds, refuses 1'],
  ['markup', beside('<script>alert(1)</script>'), 'fresh, adds, refuses 1'],

  // A date that can't be trusted.
  ['an older date', dated('2026-06-27'), 'stale, adds'],
  ['a date of years ago', dated('1970-01-01'), 'stale, adds'],
  ['a date far ahead', dated('2026-07-02'), 'stale, adds'],
  ['the last date that there is', dated('9999-12-31'), 'stale, adds'],
  ['a date in words', dated('yesterday'), 'stale, adds'],
  ['an empty date', dated(''), 'stale, adds'],
  ['a date that is null', dated(null), 'stale, adds'],
  ['a date that is a number', dated(1782777600), 'stale, adds'],
  ['a date with a time', dated('2026-06-30T09:01:00Z'), 'stale, adds'],
  ['a day that there is not', dated('2026-06-31'), 'stale, adds'],
  ['a month that there is not', dated('2026-13-01'), 'stale, adds'],
  ['the day first', dated('30-06-2026'), 'stale, adds'],
  ['an older date and a bad entry', feed(['garbage', NEW], '2026-06-01'), 'stale, adds, refuses 1'],
];

let publisher: Publisher;
let answer: Answer;
beforeAll(async () => {
  publisher = await startPublisher((request, response) => answer(response, request));
});
afterAll(closePublishers);

/** The feed as read over HTTP, after KEPT was accepted. */
async function read() {
  const source = `${publisher.origin}/us/intercom-ip-ranges.json`;
  const last = accepted(KEPT, { source, date: '2026-06-29' });
  const [reading] = await readFeeds(publisher.origin, ['us'], new Map([['us', last]]), TODAY, {
    timeoutMs: 200,
    backoffMs: 1,
  });
  if (!reading) throw new Error('no reading');
  return reading;
}

test(`${CASES.length} bad feeds are known, each by a name of its own`, () => {
  expect(CASES.length).toBeGreaterThanOrEqual(100);
  expect(new Set(CASES.map(([name]) => name)).size).toBe(CASES.length);
});

test.each(CASES)('%s', async (_name, given, outcome) => {
  answer = typeof given === 'function' ? given : ok(given);
  const reading = await read();
  const { status, ranges, rejected, distrustReason, accept } = reading;
  const adds = ranges.map(formatRange).includes(NEW);
  const parts = [status, ...(adds ? ['adds'] : []), ...(rejected.length > 0 ? [`refuses ${rejected.length}`] : [])];
  expect(parts.join(', ')).toBe(outcome);

  // Nothing that is in force goes, and nothing comes but the good entry.
  const current = [...KEPT, '54.217.125.63/32'].map((range) => managed(range));
  const distrustReasons = new Map(distrustReason === undefined ? [] : [['us' as const, distrustReason]]);
  const { changes } = applyPolicy(
    plan(desireRanges([reading]), [undefined], current),
    context({ intercomRegions: ['us'], distrustReasons }),
  );
  expect(textsOf(changes.remove)).toEqual([]);
  expect(textsOf(changes.add)).toEqual(adds ? [NEW] : []);
  expect(accept).toBeUndefined();
});
