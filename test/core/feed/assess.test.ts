import fc from 'fast-check';
import { FeedBodyError } from '../../../lambda/core/feed/answer';
import { type AcceptedFeed, assessFeed, type FeedOutcome, type FeedStatus } from '../../../lambda/core/feed/assess';
import { InvalidFeedError } from '../../../lambda/core/feed/document';
import { fallbackRanges } from '../../../lambda/core/feed/fallback';
import { formatRange } from '../../../lambda/core/ranges/range';
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

/** A text is a body that came with 200, after LAST was accepted. */
function read(given: Given) {
  const { outcome, last } =
    typeof given === 'string'
      ? { outcome: document(given), last: LAST }
      : 'last' in given
        ? given
        : { ...given, last: LAST };
  return assessFeed('us', SOURCE, outcome, last, TODAY);
}

/** Refused are the published texts; doubt is a part of what it says, and then nothing is accepted. */
interface Expected {
  readonly status: FeedStatus;
  readonly ranges: readonly string[];
  readonly rejected?: readonly string[];
  readonly distrustReason?: string;
  readonly accept?: false;
}

/** What serves for the US where nothing was ever accepted. */
const FALLBACK = { status: 'fallback', ranges: fallbackRanges('us').map(formatRange) } as const;

const general = entry('100.26.10.220/32', { service: 'INTERCOM-GENERAL' });
const endpoints = entry('18.97.36.0/25', { service: 'INTERCOM-ENDPOINTS' });
const european = entry('54.217.125.63/32', { region: 'EU' });
const noService = { range: '34.0.0.1/32', region: 'US' };

describe('readFeed', () => {
  test.each<[string, Given, Expected]>([
    // Good answers: published, accepted, removals allowed.
    ['a good answer is in force', feed([NEW], '2026-06-29'), { status: 'fresh', ranges: [NEW] }],
    ['a date may be missing', feed([NEW]), { status: 'fresh', ranges: [NEW] }],
    ['the same date again is good', feed([NEW], '2026-06-28'), { status: 'fresh', ranges: [NEW] }],
    ['a first answer is good', without(feed([NEW], '2026-06-29')), { status: 'fresh', ranges: [NEW] }],
    [
      'a date after an undated one is good',
      against({ date: undefined }, feed([NEW], '2026-06-28')),
      { status: 'fresh', ranges: [NEW] },
    ],
    ['tomorrow is not the future: clocks differ', feed([NEW], '2026-07-01'), { status: 'fresh', ranges: [NEW] }],
    ['exactly 3 days old is fresh', without(feed([NEW], '2026-06-27')), { status: 'fresh', ranges: [NEW] }],
    ['over 3 days old is stale, and in force', without(feed([NEW], '2026-06-26')), { status: 'stale', ranges: [NEW] }],
    [
      'over 3 days old over a year end is stale',
      without(feed([NEW], '2025-12-31')),
      { status: 'stale', ranges: [NEW] },
    ],
    ['duplicates are no fault', feed([NEW, NEW, '52.44.63.161']), { status: 'fresh', ranges: [NEW] }],
    ['overlaps are no fault', feed(['52.44.63.0/24', NEW]), { status: 'fresh', ranges: ['52.44.63.0/24'] }],
    ['host bits are no fault', feed(['52.44.63.161/24']), { status: 'fresh', ranges: ['52.44.63.0/24'] }],
    ['IPv6 is no fault', feed(['2600:1f18::/40']), { status: 'fresh', ranges: ['2600:1f18::/40'] }],
    ['mapped IPv6 is no fault', feed(['::ffff:52.44.63.161']), { status: 'fresh', ranges: [NEW] }],
    [
      'other services are no fault, and never allowed',
      feed([general, NEW, endpoints]),
      { status: 'fresh', ranges: [NEW] },
    ],

    // 304: the last accepted, removals allowed.
    ['304 keeps the last', { outcome: NOT_MODIFIED }, { status: 'not-modified', ranges: [OLD], accept: false }],
    [
      '304 exactly 3 days later is no fault',
      against({ date: '2026-06-27' }, NOT_MODIFIED),
      { status: 'not-modified', ranges: [OLD], accept: false },
    ],
    [
      '304 of over 3 days is stale, and in force',
      against({ date: '2026-06-26' }, NOT_MODIFIED),
      { status: 'stale', ranges: [OLD], accept: false },
    ],
    [
      '304 of an undated one is no fault',
      against({ date: undefined }, NOT_MODIFIED),
      { status: 'not-modified', ranges: [OLD], accept: false },
    ],
    ['304 without state: the shipped addresses serve', without(NOT_MODIFIED), { ...FALLBACK, distrustReason: '304' }],

    // Good entries beside refused ones: added to the last, nothing removed.
    [
      '/0 is refused',
      feed(['0.0.0.0/0', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['0.0.0.0/0'], distrustReason: '1 of its outbound entries' },
    ],
    [
      'IPv6 /0 is refused',
      feed(['::/0', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['::/0'], distrustReason: '1 of its' },
    ],
    [
      'a too wide range is refused',
      feed(['52.0.0.0/8', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['52.0.0.0/8'], distrustReason: '1 of its' },
    ],
    [
      'private ranges are refused',
      feed(['10.0.0.1', '192.168.0.0/24', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['10.0.0.1', '192.168.0.0/24'], distrustReason: '2 of its' },
    ],
    [
      'garbage in one entry spoils no other',
      feed(['garbage', NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['garbage'], distrustReason: '1 of its' },
    ],
    [
      'an entry of another region is refused',
      feed([european, NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['54.217.125.63/32'], distrustReason: '1 of its' },
    ],
    [
      'an entry that is no object is refused',
      feed([null, NEW]),
      { status: 'fresh', ranges: BOTH, rejected: ['null'], distrustReason: '1 of its' },
    ],
    [
      'an entry without service is refused',
      feed([noService, NEW]),
      { status: 'fresh', ranges: BOTH, rejected: [JSON.stringify(noService)], distrustReason: '1 of its' },
    ],
    [
      'a first answer with a bad entry is used, not accepted',
      without(feed(['garbage', NEW])),
      { status: 'fresh', ranges: [NEW], rejected: ['garbage'], distrustReason: '1 of its' },
    ],
    [
      'an old answer with a bad entry is stale',
      without(feed(['garbage', NEW], '2026-06-26')),
      { status: 'stale', ranges: [NEW], rejected: ['garbage'], distrustReason: '1 of its' },
    ],

    // Bad dates: the ranges are added to the last, nothing removed.
    [
      'a date that goes back is doubted',
      feed([NEW], '2026-06-27'),
      { status: 'stale', ranges: BOTH, distrustReason: 'went back from 2026-06-28 to 2026-06-27' },
    ],
    [
      'a date that goes back over a year end is doubted',
      against({ date: '2026-01-01' }, feed([NEW], '2025-12-31')),
      { status: 'stale', ranges: BOTH, distrustReason: 'went back' },
    ],
    [
      'a date in the future is doubted',
      feed([NEW], '2026-07-02'),
      { status: 'stale', ranges: BOTH, distrustReason: '2026-07-02 lies in the future' },
    ],
    [
      'a date in the future without state is doubted',
      without(feed([NEW], '9999-12-31')),
      { status: 'stale', ranges: [NEW], distrustReason: 'future' },
    ],
    [
      'an unreadable date is doubted',
      feed([NEW], 'yesterday'),
      { status: 'stale', ranges: BOTH, distrustReason: '"yesterday" is not YYYY-MM-DD' },
    ],
    [
      'an empty date is doubted',
      feed([NEW], ''),
      { status: 'stale', ranges: BOTH, distrustReason: '"" is not YYYY-MM-DD' },
    ],
    [
      'a date with a time is doubted',
      feed([NEW], '2026-06-29T09:01:00Z'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a date the other way round is doubted',
      feed([NEW], '29-06-2026'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a 13th month is doubted',
      feed([NEW], '2026-13-01'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a day that there is not is doubted',
      feed([NEW], '2026-02-30'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a date that is no text is doubted',
      feed([NEW], null),
      { status: 'stale', ranges: BOTH, distrustReason: '"null" is not' },
    ],
    [
      'a 32nd day is doubted',
      feed([NEW], '2026-05-32'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a year of five digits is doubted',
      feed([NEW], '+02026-06-29'),
      { status: 'stale', ranges: BOTH, distrustReason: 'not YYYY-MM-DD' },
    ],
    [
      'a bad date beside a bad entry is doubted',
      feed(['garbage', NEW], 'x'),
      { status: 'stale', ranges: BOTH, rejected: ['garbage'], distrustReason: '"x"' },
    ],

    // Nothing usable: the last stays, nothing removed.
    [
      'an empty list is no feed',
      feed([]),
      { status: 'invalid', ranges: [OLD], distrustReason: 'no good outbound entry' },
    ],
    [
      'no outbound entry is no feed',
      feed([general, endpoints]),
      { status: 'invalid', ranges: [OLD], distrustReason: 'no good outbound entry' },
    ],
    [
      'only refused entries are no feed',
      feed(['10.0.0.1', 'x']),
      { status: 'invalid', ranges: [OLD], rejected: ['10.0.0.1', 'x'], distrustReason: 'no good outbound entry' },
    ],
    [
      "another region's file is no feed",
      JSON.stringify(PUBLISHED.au),
      {
        status: 'invalid',
        ranges: [OLD],
        rejected: ['52.63.36.185/32', '3.104.68.152/32', '52.64.2.165/32'],
        distrustReason: 'no good',
      },
    ],
    [
      'HTML is no feed',
      '<html><body>502</body></html>',
      { status: 'invalid', ranges: [OLD], distrustReason: 'not JSON' },
    ],
    ['an empty body is no feed', '', { status: 'invalid', ranges: [OLD], distrustReason: 'not JSON' }],
    [
      'truncated JSON is no feed',
      feed([NEW]).slice(0, 40),
      { status: 'invalid', ranges: [OLD], distrustReason: 'not JSON' },
    ],
    [
      'a list is no feed',
      JSON.stringify([entry(NEW)]),
      { status: 'invalid', ranges: [OLD], distrustReason: 'not of the published shape' },
    ],
    ['null is no feed', 'null', { status: 'invalid', ranges: [OLD], distrustReason: 'not of the published shape' }],
    [
      'ranges that are no list are no feed',
      JSON.stringify({ ip_ranges: {} }),
      { status: 'invalid', ranges: [OLD], distrustReason: 'not of the published shape: ip_ranges' },
    ],
    ['a bad first answer: the shipped addresses serve', without('<html>'), { ...FALLBACK, distrustReason: 'not JSON' }],
    [
      'a first answer of refused entries alone: the shipped addresses serve',
      without(feed(['10.0.0.1'])),
      { ...FALLBACK, rejected: ['10.0.0.1'], distrustReason: 'no good outbound entry' },
    ],
    [
      'a huge answer is invalid',
      failing(new FeedBodyError('over 1048576 bytes')),
      { status: 'invalid', ranges: [OLD], distrustReason: 'over 1048576 bytes' },
    ],
    [
      'no answer is a failure',
      failing(new Error('GET x: HTTP 503')),
      { status: 'failed', ranges: [OLD], distrustReason: 'GET x: HTTP 503' },
    ],
    [
      'no first answer: the shipped addresses serve',
      without({ kind: 'error', error: new Error('HTTP 503') }),
      { ...FALLBACK, distrustReason: 'HTTP 503' },
    ],
    [
      'whatever is thrown is a failure',
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
    ['the next day', feed([NEW], '2026-06-29'), false],
    ['two days later', feed([NEW], '2026-06-30'), false],
    ['three days later', feed([NEW], '2026-07-01'), true],
    ['undated', feed([NEW]), false],
    [
      'after an undated one, by the last date that there was',
      against({ date: undefined, newestDate: '2026-06-20' }, feed([NEW], '2026-06-29')),
      true,
    ],
    ['when nothing was accepted before', without(feed([NEW], '2026-06-29')), false],
    ['unmodified for days', against({ date: '2026-06-20' }, NOT_MODIFIED), false],
  ])('a feed %s was not seen for days: %s', (_rule, given, missedUpdates) => {
    expect(read(given).missedUpdates).toBe(missedUpdates);
  });

  it('gives each refusal its reason', () => {
    expect(read(feed(['10.0.0.1', NEW])).rejected).toEqual([
      { range: '10.0.0.1', reason: 'not globally routable (private)' },
    ]);
  });

  it('reports the published date, or the last where none came', () => {
    expect(read(feed([NEW], '2026-06-29')).date).toBe('2026-06-29');
    expect(read(feed([NEW])).date).toBeUndefined();
    expect(read({ outcome: NOT_MODIFIED }).date).toBe('2026-06-28');
    expect(read('<html>').date).toBe('2026-06-28');
    expect(read(failing(new Error('HTTP 500'))).date).toBe('2026-06-28');
  });

  it('accepts the answer with its source, ETag and date', () => {
    expect(read(feed([NEW], '2026-06-29')).accept).toEqual(
      accepted([NEW], { source: SOURCE, etag: '"next"', date: '2026-06-29' }),
    );
    expect(read({ outcome: answer(feed([NEW]), undefined) }).accept).toEqual(
      accepted([NEW], { source: SOURCE, etag: undefined, date: undefined, newestDate: '2026-06-28' }),
    );
  });

  it('an answer without a date makes no older one acceptable', () => {
    const undated = read(feed([NEW])).accept;
    const replayed = read({ outcome: document(feed([OLD], '2024-01-01')), last: undated });
    expect(replayed).toMatchObject({
      status: 'stale',
      distrustReason: expect.stringContaining('went back'),
      accept: undefined,
    });
  });

  test.each<[string, Partial<AcceptedFeed>, boolean]>([
    ['nothing, so nothing is to be remembered', {}, false],
    ['its ETag', { etag: '"older"' }, true],
    ['its date', { date: '2026-06-27' }, true],
    ['its source', { source: 'https://mirror.example.com/us/intercom-ip-ranges.json' }, true],
    ['its ranges', { ranges: [] }, true],
  ])('accepts an answer that differs from the last in %s', (_rule, difference, accepts) => {
    const again = answer(feed([OLD], LAST.date), LAST.etag);
    expect(read({ outcome: again, last: { ...LAST, ...difference } }).accept).toEqual(accepts ? LAST : undefined);
  });
});

describe('whatever a publisher answers', () => {
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

  it('no range is in force that must be refused', () => {
    fc.assert(
      fc.property(anyOutcome, anyLast, (outcome, last) => {
        const { ranges } = assessFeed('us', SOURCE, outcome, last, TODAY);
        expect(ranges.filter((range) => rejectionReason(range) !== undefined)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('under doubt everything that was accepted last is still in force, and nothing is accepted', () => {
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

  it('without doubt nothing was refused, something is in force, and it is what is accepted', () => {
    fc.assert(
      fc.property(anyBody, (body) => {
        const { ranges, rejected, distrustReason, accept, status } = assessFeed(
          'us',
          SOURCE,
          document(body),
          undefined,
          TODAY,
        );
        if (distrustReason !== undefined) return;
        expect(rejected).toEqual([]);
        expect(ranges.length).toBeGreaterThan(0);
        expect(accept?.ranges).toEqual(ranges);
        expect(['fresh', 'stale']).toContain(status);
      }),
      { numRuns: 500 },
    );
  });
});
