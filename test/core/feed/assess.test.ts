import fc from 'fast-check';
import { FeedBodyError } from '../../../lambda/core/feed/answer';
import { type AcceptedFeed, assessFeed, type FeedOutcome, type FeedStatus } from '../../../lambda/core/feed/assess';
import { InvalidFeedError } from '../../../lambda/core/feed/document';
import { fallbackRanges } from '../../../lambda/core/feed/fallback';
import { formatRange, parseRange } from '../../../lambda/core/ranges/range';
import { coverage, mergeRanges } from '../../../lambda/core/ranges/range-set';
import { rejectionReason } from '../../../lambda/core/ranges/routable';
import { anyRanges } from '../ranges/arbitraries';
import { accepted, entry, feed, OUTBOUND, PUBLISHED } from './builders';

const TODAY = '2026-06-30';
const OLD = '34.197.76.213/32';
const NEW = '52.44.63.161/32';
const BOTH = [OLD, NEW];
const LAST = accepted([OLD]);
const { source: SOURCE } = LAST;

type Given = string | { readonly outcome: FeedOutcome; readonly last?: AcceptedFeed | undefined };

const answer = (body: string, etag: string | undefined): FeedOutcome => ({ kind: 'document', body, etag });
const document = (body: string) => answer(body, '"next"');
const failing = (error: unknown): Given => ({ outcome: { kind: 'error', error } });
const without = (given: string | FeedOutcome): Given => ({
  outcome: typeof given === 'string' ? document(given) : given,
  last: undefined,
});
const against = (last: Partial<AcceptedFeed>, given: string | FeedOutcome): Given => ({
  outcome: typeof given === 'string' ? document(given) : given,
  last: { ...LAST, ...last },
});
const NOT_MODIFIED: FeedOutcome = { kind: 'not-modified' };

/** A text is the body of a 200, after LAST was accepted. */
function read(given: Given) {
  const { outcome, last } =
    typeof given === 'string'
      ? { outcome: document(given), last: LAST }
      : 'last' in given
        ? given
        : { ...given, last: LAST };
  return assessFeed('us', SOURCE, outcome, last, TODAY);
}

/** `rejected` has the published texts; `distrustReason` is a part of the reason, and implies that nothing is accepted. */
interface Expected {
  readonly status: FeedStatus;
  readonly ranges: readonly string[];
  readonly rejected?: readonly string[];
  readonly distrustReason?: string;
  readonly accept?: false;
}

/** The assessment of an unusable US feed if none was ever accepted. */
const FALLBACK = { status: 'fallback', ranges: fallbackRanges('us').map(formatRange) } as const;

const general = entry('100.26.10.220/32', { service: 'INTERCOM-GENERAL' });
const endpoints = entry('18.97.36.0/25', { service: 'INTERCOM-ENDPOINTS' });
const european = entry('54.217.125.63/32', { region: 'EU' });
const lowerCase = entry('54.217.125.63/32', { service: OUTBOUND.toLowerCase() });
const noService = { range: '34.0.0.1/32', region: 'US' };

describe('assessFeed', () => {
  test.each<[string, Given, Expected]>([
    // Trusted answers: published ranges, accepted, removals allowed.
    ['a valid answer is accepted', feed([NEW], '2026-06-29'), { status: 'fresh', ranges: [NEW] }],
    ['an answer without a date is accepted', feed([NEW]), { status: 'fresh', ranges: [NEW] }],
    ['the same date again is trusted', feed([NEW], '2026-06-28'), { status: 'fresh', ranges: [NEW] }],
    ['a valid first answer is accepted', without(feed([NEW], '2026-06-29')), { status: 'fresh', ranges: [NEW] }],
    [
      'a date after an answer without one is trusted',
      against({ date: undefined }, feed([NEW], '2026-06-28')),
      { status: 'fresh', ranges: [NEW] },
    ],
    [
      'a date of tomorrow is trusted, because clocks differ',
      feed([NEW], '2026-07-01'),
      { status: 'fresh', ranges: [NEW] },
    ],
    [
      'a feed that is exactly 3 days old is fresh',
      without(feed([NEW], '2026-06-27')),
      { status: 'fresh', ranges: [NEW] },
    ],
    [
      'a feed over 3 days old is stale, and accepted',
      without(feed([NEW], '2026-06-26')),
      { status: 'stale', ranges: [NEW] },
    ],
    [
      'a feed over 3 days old is stale across the end of a year',
      without(feed([NEW], '2025-12-31')),
      { status: 'stale', ranges: [NEW] },
    ],
    ['duplicate entries are trusted', feed([NEW, NEW, '52.44.63.161']), { status: 'fresh', ranges: [NEW] }],
    ['overlapping entries are trusted', feed(['52.44.63.0/24', NEW]), { status: 'fresh', ranges: ['52.44.63.0/24'] }],
    ['IPv6 entries are trusted', feed(['2600:1f18::/40']), { status: 'fresh', ranges: ['2600:1f18::/40'] }],
    ['mapped IPv6 entries are trusted', feed(['::ffff:52.44.63.161']), { status: 'fresh', ranges: [NEW] }],
    [
      'entries of other services are trusted, and not allowed',
      feed([general, NEW, endpoints]),
      { status: 'fresh', ranges: [NEW] },
    ],

    // 304: the last accepted ranges, removals allowed.
    [
      'after a 304 the last accepted ranges stay',
      { outcome: NOT_MODIFIED },
      { status: 'not-modified', ranges: [OLD], accept: false },
    ],
    [
      'a 304 for a feed that is exactly 3 days old is trusted',
      against({ date: '2026-06-27' }, NOT_MODIFIED),
      { status: 'not-modified', ranges: [OLD], accept: false },
    ],
    [
      'a 304 for a feed over 3 days old is stale, and its ranges stay',
      against({ date: '2026-06-26' }, NOT_MODIFIED),
      { status: 'stale', ranges: [OLD], accept: false },
    ],
    [
      'a 304 for a feed without a date is trusted',
      against({ date: undefined }, NOT_MODIFIED),
      { status: 'not-modified', ranges: [OLD], accept: false },
    ],
    [
      'after a 304 without state, the built-in addresses are used',
      without(NOT_MODIFIED),
      { ...FALLBACK, distrustReason: '304' },
    ],

    // Valid and rejected entries: added to the last accepted ones, nothing removed.
    [
      '0.0.0.0/0 is rejected',
      feed(['0.0.0.0/0', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['0.0.0.0/0'], distrustReason: '1 of its outbound entries' },
    ],
    [
      '::/0 is rejected',
      feed(['::/0', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['::/0'], distrustReason: '1 of its' },
    ],
    [
      'a range that is too broad is rejected',
      feed(['52.0.0.0/8', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['52.0.0.0/8'], distrustReason: '1 of its' },
    ],
    [
      'private ranges are rejected',
      feed(['10.0.0.1', '192.168.0.0/24', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['10.0.0.1', '192.168.0.0/24'], distrustReason: '2 of its' },
    ],
    [
      'a range with host bits is read as its network, and not trusted',
      feed(['52.44.63.161/24']),
      { status: 'fresh', ranges: [OLD, '52.44.63.0/24'], rejected: ['52.44.63.161/24'], distrustReason: '1 of its' },
    ],
    [
      'an entry whose service differs only in case is rejected',
      feed([lowerCase, NEW]),
      {
        status: 'fresh',
        ranges: BOTH,
        rejected: [expect.stringContaining('{"range":"54')],
        distrustReason: '1 of its',
      },
    ],
    [
      'an unreadable entry does not affect the others',
      feed(['garbage', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['garbage'], distrustReason: '1 of its' },
    ],
    [
      'an entry of another region is rejected',
      feed([european, NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['54.217.125.63/32'], distrustReason: '1 of its' },
    ],
    [
      'an entry that is not an object is rejected',
      feed([null, NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['null'], distrustReason: '1 of its' },
    ],
    [
      'an entry without a service is rejected',
      feed([noService, NEW]),
      { status: 'fresh', ranges: BOTH, rejected: [JSON.stringify(noService)], distrustReason: '1 of its' },
    ],
    [
      'a first answer with a rejected entry is used, but not accepted',
      without(feed(['garbage', NEW])),
      { status: 'fresh', ranges: [NEW], rejected: ['garbage'], distrustReason: '1 of its' },
    ],
    [
      'an old answer with a rejected entry is stale',
      without(feed(['garbage', NEW], '2026-06-26')),
      { status: 'stale', ranges: [NEW], rejected: ['garbage'], distrustReason: '1 of its' },
    ],

    // Bad dates: the ranges are added to the last accepted ones, nothing removed.
    [
      'a date before the last one is not trusted',
      feed([NEW], '2026-06-27'),
      { status: 'stale', ranges: BOTH, distrustReason: 'went back from 2026-06-28 to 2026-06-27' },
    ],
    [
      'a date before the last one is not trusted across the end of a year',
      against({ date: '2026-01-01' }, feed([NEW], '2025-12-31')),
      { status: 'stale', ranges: BOTH, distrustReason: 'went back' },
    ],
    [
      'a date in the future is not trusted',
      feed([NEW], '2026-07-02'),
      { status: 'stale', ranges: BOTH, distrustReason: '2026-07-02 is in the future' },
    ],
    [
      'a date in the future is not trusted in a first answer',
      without(feed([NEW], '9999-12-31')),
      { status: 'stale', ranges: [NEW], distrustReason: 'in the future' },
    ],
    [
      'an unreadable date is not trusted',
      feed([NEW], 'yesterday'),
      { status: 'stale', ranges: BOTH, distrustReason: '"yesterday" is not YYYY-MM-DD' },
    ],
    [
      'an empty date is not trusted',
      feed([NEW], ''),
      { status: 'stale', ranges: BOTH, distrustReason: '"" is not YYYY-MM-DD' },
    ],
    [
      'a date with a time is not trusted',
      feed([NEW], '2026-06-29T09:01:00Z'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a date that starts with the day is not trusted',
      feed([NEW], '29-06-2026'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a 13th month is not trusted',
      feed([NEW], '2026-13-01'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a day that does not exist is not trusted',
      feed([NEW], '2026-02-30'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a date that is not a text is not trusted',
      feed([NEW], null),
      { status: 'stale', ranges: BOTH, distrustReason: '"null" is not' },
    ],
    [
      'a 32nd day is not trusted',
      feed([NEW], '2026-05-32'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a year of five digits is not trusted',
      feed([NEW], '+02026-06-29'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a bad date is reported before a rejected entry',
      feed(['garbage', NEW], 'x'),
      { status: 'stale', ranges: BOTH, rejected: ['garbage'], distrustReason: '"x"' },
    ],

    // Unusable answers: the last accepted ranges stay, nothing is removed.
    [
      'an empty list is invalid',
      feed([]),
      { status: 'invalid', ranges: [OLD], distrustReason: 'no usable outbound entry' },
    ],
    [
      'a feed without an outbound entry is invalid',
      feed([general, endpoints]),
      { status: 'invalid', ranges: [OLD], distrustReason: 'no usable outbound entry' },
    ],
    [
      'a feed with only rejected entries is invalid',
      feed(['10.0.0.1', 'x']),
      { status: 'invalid', ranges: [OLD], rejected: ['10.0.0.1', 'x'], distrustReason: 'no usable outbound entry' },
    ],
    [
      "another region's file is invalid",
      JSON.stringify(PUBLISHED.au),
      {
        status: 'invalid',
        ranges: [OLD],
        rejected: ['52.63.36.185/32', '3.104.68.152/32', '52.64.2.165/32'],
        distrustReason: 'no usable',
      },
    ],
    [
      'HTML is invalid',
      '<html><body>502</body></html>',
      { status: 'invalid', ranges: [OLD], distrustReason: 'not JSON' },
    ],
    ['an empty body is invalid', '', { status: 'invalid', ranges: [OLD], distrustReason: 'not JSON' }],
    [
      'truncated JSON is invalid',
      feed([NEW]).slice(0, 40),
      { status: 'invalid', ranges: [OLD], distrustReason: 'not JSON' },
    ],
    [
      'a list is invalid',
      JSON.stringify([entry(NEW)]),
      { status: 'invalid', ranges: [OLD], distrustReason: 'the published shape' },
    ],
    ['null is invalid', 'null', { status: 'invalid', ranges: [OLD], distrustReason: 'the published shape' }],
    [
      'ranges that are not a list are invalid',
      JSON.stringify({ ip_ranges: {} }),
      { status: 'invalid', ranges: [OLD], distrustReason: 'the published shape: ip_ranges' },
    ],
    [
      'after an invalid first answer, the built-in addresses are used',
      without('<html>'),
      { ...FALLBACK, distrustReason: 'not JSON' },
    ],
    [
      'after a first answer with only rejected entries, the built-in addresses are used',
      without(feed(['10.0.0.1'])),
      { ...FALLBACK, rejected: ['10.0.0.1'], distrustReason: 'no usable outbound entry' },
    ],
    [
      'an answer that is too large is invalid',
      failing(new FeedBodyError('over 1048576 bytes')),
      { status: 'invalid', ranges: [OLD], distrustReason: 'over 1048576 bytes' },
    ],
    [
      'a feed that does not answer is failed',
      failing(new Error('GET x: HTTP 503')),
      { status: 'failed', ranges: [OLD], distrustReason: 'GET x: HTTP 503' },
    ],
    [
      'without a first answer, the built-in addresses are used',
      without({ kind: 'error', error: new Error('HTTP 503') }),
      { ...FALLBACK, distrustReason: 'HTTP 503' },
    ],
    [
      'a feed whose request throws a text is failed',
      failing('broken'),
      { status: 'failed', ranges: [OLD], distrustReason: 'broken' },
    ],
  ])('%s', (_rule, given, expected) => {
    const { status, ranges, rejected, distrustReason, accept } = read(given);
    expect({
      status,
      ranges: ranges.map(formatRange),
      rejected: rejected.map(({ range }) => range),
      distrustReason,
    }).toEqual({
      rejected: [],
      ...expected,
      accept: undefined,
      distrustReason: expected.distrustReason && expect.stringContaining(expected.distrustReason),
    });
    const accepts = expected.accept ?? expected.distrustReason === undefined;
    expect(accept?.ranges.map(formatRange)).toEqual(accepts ? expected.ranges : undefined);
  });

  test.each<[string, Given, boolean]>([
    ['of the next day', feed([NEW], '2026-06-29'), false],
    ['of two days later', feed([NEW], '2026-06-30'), false],
    ['of three days later', feed([NEW], '2026-07-01'), true],
    ['without a date', feed([NEW]), false],
    [
      'after one without a date, by the newest date',
      against({ date: undefined, newestDate: '2026-06-20' }, feed([NEW], '2026-06-29')),
      true,
    ],
    ['that is the first one', without(feed([NEW], '2026-06-29')), false],
    ['that was not modified for days', against({ date: '2026-06-20' }, NOT_MODIFIED), false],
  ])('after a feed %s, updates were missed: %s', (_rule, given, missedUpdates) => {
    expect(read(given).missedUpdates).toBe(missedUpdates);
  });

  it('gives the reason for each rejected entry', () => {
    expect(read(feed(['10.0.0.1', NEW])).rejected).toEqual([
      { range: '10.0.0.1', reason: 'not globally routable (private)' },
    ]);
  });

  it('reports the published date, or the last accepted one if there is no answer', () => {
    expect(read(feed([NEW], '2026-06-29')).date).toBe('2026-06-29');
    expect(read(feed([NEW])).date).toBeUndefined();
    expect(read({ outcome: NOT_MODIFIED }).date).toBe('2026-06-28');
    expect(read('<html>').date).toBe('2026-06-28');
    expect(read(failing(new Error('HTTP 500'))).date).toBe('2026-06-28');
  });

  it('accepts an answer with its source, ETag and date', () => {
    expect(read(feed([NEW], '2026-06-29')).accept).toEqual(
      accepted([NEW], { source: SOURCE, etag: '"next"', date: '2026-06-29' }),
    );
    expect(read({ outcome: answer(feed([NEW]), undefined) }).accept).toEqual(
      accepted([NEW], { source: SOURCE, etag: undefined, date: undefined, newestDate: '2026-06-28' }),
    );
  });

  it('rejects an older date also after an answer without a date', () => {
    const undated = read(feed([NEW])).accept;
    const replayed = read({ outcome: document(feed([OLD], '2024-01-01')), last: undated });
    expect(replayed).toMatchObject({
      status: 'stale',
      distrustReason: expect.stringContaining('went back'),
      accept: undefined,
    });
  });

  test.each<[string, Partial<AcceptedFeed>, boolean]>([
    ['nothing (no new record)', {}, false],
    ['its ETag', { etag: '"older"' }, true],
    ['its date', { date: '2026-06-27' }, true],
    ['its source', { source: 'https://mirror.example.com/us/intercom-ip-ranges.json' }, true],
    ['its ranges', { ranges: [] }, true],
  ])('accepts an answer that differs from the last in %s', (_rule, difference, accepts) => {
    const again = answer(feed([OLD], LAST.date), LAST.etag);
    expect(read({ outcome: again, last: { ...LAST, ...difference } }).accept).toEqual(accepts ? LAST : undefined);
  });
});

describe('assessFeed, for any answer', () => {
  const anyText = fc.oneof(
    fc.constantFrom(OUTBOUND, 'INTERCOM-GENERAL', 'US', 'EU', '2026-06-29', '2020-01-01', '9999-99-99', '0.0.0.0/0'),
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.ipV4(), fc.nat(40)).map(([address, prefix]) => `${address}/${prefix}`),
    fc.tuple(fc.ipV6(), fc.nat(130)).map(([address, prefix]) => `${address}/${prefix}`),
    fc.string(),
  );
  const anyValue = fc.oneof(anyText, fc.jsonValue());
  const anyEntry = fc.oneof(
    anyText.map((range) => entry(range)),
    fc.record({ range: anyValue, region: anyValue, service: anyValue }, { requiredKeys: [] }),
    anyValue,
  );
  const real = fc.constantFrom(PUBLISHED.us, PUBLISHED.eu, PUBLISHED.au);
  /** A real feed with entries of which any may be gone, and others mixed in. */
  const changedFeed = fc
    .tuple(real, fc.array(anyEntry), fc.infiniteStream(fc.boolean()), fc.option(anyValue, { nil: undefined }))
    .map(([{ ip_ranges, date }, strangers, keep, otherDate]) => {
      const kept = ip_ranges.filter(() => keep.next().value);
      return JSON.stringify({ ip_ranges: [...strangers, ...kept], date: otherDate ?? date });
    });
  /** A real feed with a piece of its text replaced. */
  const damagedFeed = fc.tuple(real, fc.nat(1500), fc.nat(200), fc.string()).map(([document, at, length, text]) => {
    const body = JSON.stringify(document);
    return body.slice(0, at) + text + body.slice(at + length);
  });
  const anyBody = fc.oneof(
    changedFeed,
    damagedFeed,
    fc.string(),
    fc.json(),
    fc
      .anything()
      .map((value) => JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${item}` : item)) ?? ''),
  );
  const anyOutcome: fc.Arbitrary<FeedOutcome> = fc.oneof(
    { weight: 8, arbitrary: anyBody.map((body) => document(body)) },
    { weight: 1, arbitrary: fc.constant(NOT_MODIFIED) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom(new Error('HTTP 500'), new InvalidFeedError('x'), 'text', null)
        .map((error) => ({ kind: 'error' as const, error })),
    },
  );
  const anyLast = fc.option(
    fc
      .record({ ranges: anyRanges.map(mergeRanges), date: fc.constantFrom(undefined, '2026-06-28', '2026-06-30') })
      .map((given): AcceptedFeed => ({ ...LAST, ...given })),
    { nil: undefined },
  );

  it('never allows a range that must be rejected', () => {
    fc.assert(
      fc.property(anyOutcome, anyLast, (outcome, last) => {
        const { ranges } = assessFeed('us', SOURCE, outcome, last, TODAY);
        expect(ranges.filter((range) => rejectionReason(range) !== undefined)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps all last accepted ranges and accepts nothing if the feed is untrusted', () => {
    fc.assert(
      fc.property(anyOutcome, anyLast, (outcome, last) => {
        const { ranges, distrustReason, accept } = assessFeed('us', SOURCE, outcome, last, TODAY);
        if (distrustReason === undefined) return;
        const covered = coverage(ranges);
        expect(last?.ranges.filter((range) => !covered(range)) ?? []).toEqual([]);
        expect(accept).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('accepts exactly the published ranges of the webhooks, in a feed of which nothing is rejected', () => {
    const published = PUBLISHED.us.ip_ranges.filter(({ service }) => service === OUTBOUND);
    const others = PUBLISHED.us.ip_ranges.filter(({ service }) => service !== OUTBOUND);
    const trusted = fc.record({
      outbound: fc.subarray(published, { minLength: 1 }),
      others: fc.subarray(others),
      date: fc.constantFrom(undefined, '2026-06-20', '2026-06-29', TODAY),
    });
    fc.assert(
      fc.property(trusted, fc.boolean(), ({ outbound, others, date }, othersFirst) => {
        const ip_ranges = othersFirst ? [...others, ...outbound] : [...outbound, ...others];
        const outcome = document(JSON.stringify({ ip_ranges, date }));
        const { ranges, rejected, accept } = assessFeed('us', SOURCE, outcome, undefined, TODAY);
        const expected = mergeRanges(outbound.map(({ range }) => parseRange(range)));
        expect({ ranges, rejected }).toEqual({ ranges: expected, rejected: [] });
        expect(accept?.ranges).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
