import fc from 'fast-check';
import { truncateForLog } from '../../lambda/core/report/truncate-for-log';
import { GUARD_KINDS } from '../../lambda/shared/guards';
import { INTERCOM_REGIONS } from '../../lambda/shared/intercom-regions';
import type { WidgetContext } from '../../lambda/widget/context';
import type { Overview, RangeOverview, RangeStatus } from '../../lambda/widget/overview';
import { page } from '../../lambda/widget/view/page';
import { quietTarget, reportOf } from '../core/report/builders';
import { ACTIONS, HOSTILE, NOW, SAMPLES } from './samples';

const WIDE: WidgetContext = { theme: 'light', width: 1280, utcOffset: '+00:00' };
const MOST = 100_000;

const show = (overview: Overview, context: Partial<WidgetContext> = {}) =>
  page(overview, { ...WIDE, ...context }, ACTIONS).toString();
/** The size of the function's answer, as Lambda sends it. */
const answerBytes = (text: string) => Buffer.byteLength(JSON.stringify(text));

/** Elements that the widget may contain. CloudWatch removes scripts, `iframe` and `use`. */
const ELEMENTS =
  /^(div|style|section|h2|h3|p|span|b|bdi|button|cwdb-action|table|thead|tbody|tr|th|td|details|summary|ul|li|svg|g|path|text|title)$/;
const ATTRIBUTES =
  /^(class|type|action|display|endpoint|confirmation|title|role|aria-label|width|height|viewBox|d|x|y|text-anchor)$/;

/** Every element and attribute in a text. */
function markupOf(text: string): { elements: Set<string>; attributes: Set<string> } {
  const withoutStyle = text.replace(/<style>[^<]*<\/style>/, '<style></style>');
  const tags = [...withoutStyle.matchAll(/<\/?([a-z0-9-]+)((?: [\w-]+="[^"<>]*")*)\/?>/gi)];
  // Outside of such tags, nothing may open one.
  expect(withoutStyle.replaceAll(/<\/?[a-z0-9-]+(?: [\w-]+="[^"<>]*")*\/?>/gi, '')).not.toMatch(/[<>]/);
  const attributes = tags.flatMap(([, , inner = '']) =>
    [...inner.matchAll(/ ([\w-]+)="/g)].map(([, name = '']) => name),
  );
  return { elements: new Set(tags.map(([, name = '']) => name)), attributes: new Set(attributes) };
}

function expectHarmless(text: string): void {
  const { elements, attributes } = markupOf(text);
  for (const name of elements) expect(name).toMatch(ELEMENTS);
  for (const name of attributes) expect(name).toMatch(ATTRIBUTES);
  expect(answerBytes(text)).toBeLessThan(MOST);
}

const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom(...HOSTILE));
const anyTexts = (maxLength: number) => fc.array(anyText, { maxLength });
const anyStatus: fc.Arbitrary<RangeStatus> = fc.oneof(
  anyText.map((planId) => ({ kind: 'awaiting-approval' as const, planId })),
  anyText.map((reason) => ({ kind: 'deferred' as const, reason })),
  anyText.map((after) => ({ kind: 'expiring' as const, after })),
  fc.constant({ kind: 'due' as const }),
  fc.constant({ kind: 'active' as const }),
);
const anyRange: fc.Arbitrary<RangeOverview> = fc.record({ range: anyText, addedAt: anyText, status: anyStatus });
const anyTarget = fc.record({
  id: anyText,
  kind: fc.constantFrom('ip-set' as const, 'security-group' as const, 'prefix-list' as const),
  outcome: fc.constantFrom('in-sync' as const, 'changed' as const, 'failed' as const),
  added: anyTexts(3),
  removed: anyTexts(3),
  pendingRemoval: fc.constant([]),
  deferred: fc.constant([]),
  removedFirst: fc.constant([]),
  drift: fc.constant([]),
  approved: fc.constant(null),
  declined: fc.option(anyText),
  declinedBy: fc.option(anyText),
  declinedAt: fc.option(anyText),
  apiCalls: fc.constant(1),
  throttled: fc.constant(0),
  conflicts: fc.constant(0),
  awaitingApproval: fc.constant({ added: [], removed: [] }),
  planId: fc.option(anyText),
  error: fc.option(anyText),
  byRegion: fc.constant([]),
  exposed: fc.boolean(),
  exposure: fc.array(fc.record({ range: anyText, ports: fc.constant([443]), entry: anyText }), { maxLength: 3 }),
  acceptedExposure: fc.option(anyText),
});
const anyOverview: fc.Arbitrary<Overview> = fc.record({
  now: fc.constant(NOW),
  warnings: anyTexts(40),
  guards: fc.array(
    fc.record({
      id: anyText,
      kind: fc.constantFrom(...GUARD_KINDS),
      outcome: fc.constantFrom('guarding', 'counting', 'exposed', 'unknown'),
      problems: anyTexts(3),
      notes: anyTexts(3),
    }),
    { maxLength: 20 },
  ),
  plans: fc.array(
    fc.record({
      planId: anyText,
      target: anyText,
      added: anyTexts(20),
      removed: anyTexts(20),
      reason: anyText,
      declined: fc.boolean(),
    }),
    { maxLength: 20 },
  ),
  intercomRegions: fc.array(
    fc.record({
      name: fc.constantFrom(...INTERCOM_REGIONS),
      feed: fc.option(fc.record({ date: fc.option(anyText), status: fc.constant('fresh' as const) }), {
        nil: undefined,
      }),
      ranges: fc.array(anyRange, { maxLength: 200 }),
    }),
    { maxLength: 3 },
  ),
  targets: fc.array(anyTarget, { maxLength: 20 }),
  lastSyncAt: fc.option(anyText, { nil: undefined }),
  runs: fc.constant(SAMPLES.hostile().runs),
  changes: fc.option(
    fc.array(
      fc.record({
        at: fc.oneof(
          anyText,
          fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
        ),
        runId: anyText,
        region: fc.constantFrom(...INTERCOM_REGIONS, 'unknown' as const),
        added: anyTexts(20),
        removed: anyTexts(20),
      }),
      { maxLength: 100 },
    ),
    { nil: undefined },
  ),
  changesSince: fc.option(anyText, { nil: undefined }),
});

describe('for any content', () => {
  test.each(Object.keys(SAMPLES) as (keyof typeof SAMPLES)[])(
    'the sample %s has only harmless elements, in under 100 KB',
    (name) => {
      for (const theme of ['light', 'dark'] as const) expectHarmless(show(SAMPLES[name](), { theme }));
    },
  );

  it('no text from outside becomes an element or an attribute, and the page stays under 100 KB', () => {
    fc.assert(
      fc.property(anyOverview, fc.integer({ min: 280, max: 2400 }), (overview, width) =>
        expectHarmless(show(overview, { width })),
      ),
      { numRuns: 60 },
    );
  });

  it('ten thousand ranges that change every day stay under 100 KB, and marks that are not drawn are counted', () => {
    const dayFromNow = (days: number) => new Date(Date.parse(NOW) + days * 86_400_000).toISOString();
    const texts = Array.from({ length: 10_000 }, (_, i) => `2600:1f18:${i.toString(16)}:abcd:ef01::/80`);
    const ranges = texts.map((range, i) => ({
      range,
      addedAt: NOW,
      status: { kind: 'expiring' as const, after: dayFromNow(1 + (i % 30)) },
    }));
    const changes = Array.from({ length: 30 }, (_, i) => dayFromNow(-i)).flatMap((at) =>
      INTERCOM_REGIONS.map((region) => ({ at, runId: at, region, added: texts, removed: texts })),
    );
    const intercomRegions = INTERCOM_REGIONS.map((name) => ({ name, feed: undefined, ranges }));
    const text = show({ ...SAMPLES.busy(), intercomRegions, changes });
    expectHarmless(text);
    const [, left] = /<p class="wait">(\d+) earlier marks not drawn, because there are too many</.exec(text) ?? [];
    const drawn = [...text.matchAll(/<title>(US|EU|AU) /g)].length;
    expect(drawn).toBeGreaterThan(80);
    // One per region and day: thirty days back, thirty ahead.
    expect(drawn + Number(left)).toBe(3 * 60);
  });
});

describe('a long list is folded', () => {
  const rows = (text: string) => [...text.matchAll(/<tr><td><bdi>/g)].length;
  const numbers = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, number]) => Number(number));
  const withRanges = (count: number): Overview => ({
    ...SAMPLES.calm(),
    intercomRegions: [
      {
        name: 'us',
        feed: undefined,
        ranges: Array.from({ length: count }, (_, i) => ({
          range: `34.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`,
          addedAt: NOW,
          status: { kind: 'active' },
        })),
      },
    ],
  });

  it.each([
    [3, 3, []],
    [10, 10, []],
    [11, 11, [3]],
    [500, 500, [492]],
  ])('%d ranges: %d are in the page, and the fold says how many more: %j', (count, shown, more) => {
    const text = show(withRanges(count));
    expect(rows(text)).toBe(shown);
    expect(numbers(text, /<summary>and (\d+) more</g)).toEqual(more);
    expect(text).not.toContain('not shown here');
  });

  it('rows that do not fit are counted', () => {
    const text = show(withRanges(9000));
    const [unlisted = 0] = numbers(text, /<p>(\d+) more are not shown here/g);
    expect(rows(text)).toBeGreaterThan(400);
    expect(rows(text) + unlisted).toBe(9000);
    expect(numbers(text, /<summary>and (\d+) more</g)).toEqual([8992]);
  });

  it('rows so long that not even the first ones fit are counted', () => {
    const status = { kind: 'deferred' as const, reason: '\u0000'.repeat(500) };
    const ranges = Array.from({ length: 9 }, () => ({ range: '\u0000'.repeat(100), addedAt: NOW, status }));
    const text = show({
      ...SAMPLES.calm(),
      intercomRegions: Array.from({ length: 6 }, () => ({ name: 'us', feed: undefined, ranges })),
    });
    const unlisted = numbers(text, /<p>(\d+) more are not shown here/g);
    expect(unlisted.length).toBeGreaterThan(0);
    expect(rows(text) + unlisted.reduce((sum, left) => sum + left, 0)).toBe(6 * 9);
    expectHarmless(text);
  });

  it('a small region is complete next to a large one', () => {
    const [large] = withRanges(5000).intercomRegions;
    const [, ...small] = SAMPLES.calm().intercomRegions;
    const text = show({ ...SAMPLES.calm(), intercomRegions: large ? [large, ...small] : [] });
    for (const { ranges } of small) for (const { range } of ranges) expect(text).toContain(`<bdi>${range}</bdi>`);
  });
});

describe('the page says', () => {
  const shown = show(SAMPLES.busy());

  it.each([
    ['which plans await approval', '1 plan to approve'],
    ['when the last sync was', 'Last sync 5 minutes ago. As of 2026-11-25 09:20, all times in UTC'],
    [
      'how many ranges are in force, and by which feed',
      'US: 7 ranges in force</h3><span class="quiet">feed of 2026-11-25, fresh',
    ],
    ['since when a range is in force', '<td><bdi>34.195.12.34/32</bdi></td><td class="day">2026-11-18'],
    ['when a range is removed', 'no longer published; removed after 2026-11-26 09:05 unless published again'],
    ['what a plan changes', 'Adds 1: <bdi>54.72.0.0/22</bdi>'],
    ['what changed on a day', '<title>US 2026-11-18: 1 added</title>'],
    ['which removals are due on a day', '<title>US 2026-11-26: 1 to be removed, unless published again</title>'],
  ])('%s', (_what, text) => {
    expect(shown).toContain(text);
  });

  it('what each guard does, and which targets are exposed, accepted or not', () => {
    const guard = { kind: 'api-stage' as const, problems: [], notes: [] };
    const guards = [
      { ...guard, id: 'a1/live', outcome: 'guarding' as const },
      { ...guard, id: 'b2/live', outcome: 'exposed' as const, notes: ['Somebody added a rule'] },
    ];
    const exposed = { ...quietTarget({ id: 'sg-1', kind: 'security-group' }), exposed: true };
    const text = show({
      ...SAMPLES.busy(),
      guards,
      targets: [exposed, { ...exposed, id: 'sg-2', acceptedExposure: 'office' }],
    });
    expect(text).toContain('API stage a1/live</bdi></td><td class="outcome good">guarding</td>');
    expect(text).toMatch(/API stage b2\/live<\/bdi>.*Somebody added a rule.*<td class="outcome bad">exposed<\/td>/);
    expect(text).toMatch(/sg-1<\/bdi>.*, <span class="bad">exposed<\/span>.*sg-2<\/bdi>.*, exposure accepted/);
  });

  it('that a removal is due without a time that is past, and draws it on no day', () => {
    const ranges = [{ range: '34.0.0.1/32', addedAt: NOW, status: { kind: 'due' as const } }];
    const text = show({ ...SAMPLES.calm(), intercomRegions: [{ name: 'us', feed: undefined, ranges }] });
    expect(text).toContain('no longer published; its grace period is over: the next sync removes it');
    expect(text).not.toContain('1 to be removed');
  });

  it('that extra ranges are configured, instead of a feed that they do not have', () => {
    const ranges = [{ range: '8.8.8.8/32', addedAt: NOW, status: { kind: 'active' as const } }];
    const text = show({ ...SAMPLES.calm(), intercomRegions: [{ name: 'extra', feed: undefined, ranges }] });
    expect(text).toContain('EXTRA: 1 range in force</h3><span class="quiet">configured in extraRanges</span>');
  });

  it('times in the time zone of the dashboard', () => {
    const east = show(SAMPLES.busy(), { utcOffset: '+05:30' });
    expect(east).toContain('As of 2026-11-25 14:50, all times in UTC+05:30');
    expect(east).toContain('removed after 2026-11-26 14:35');
    expect(show(SAMPLES.busy(), { utcOffset: '-10:00' })).toContain('As of 2026-11-24 23:20, all times in UTC-10:00');
  });

  it('that everything is healthy', () => {
    expect(show(SAMPLES.calm())).toContain('✓ Healthy');
  });

  it('how far back it read, if the log is too long', () => {
    const cut = { ...SAMPLES.busy(), changesSince: '2026-11-20T00:00:00.000Z' };
    expect(show(cut)).toContain('Changes before 2026-11-20 00:00 are not shown, because there are too many');
  });
});

describe('buttons', () => {
  const actions = (text: string) =>
    [
      ...text.matchAll(
        /<span><button type="button" class="btn[^"]*">([^<]+)<\/button><cwdb-action ([^>]*)>([^<]*)<\/cwdb-action><\/span>/g,
      ),
    ].map(([, label, attributes, payload = '']) => ({ label, attributes, payload: JSON.parse(payload) }));

  it('plan, sync, approve and decline ask for confirmation, call the action function, and show its answer in a window', () => {
    const found = actions(show(SAMPLES.busy()));
    expect(found.map(({ label, payload }) => [label, payload])).toEqual([
      ['Plan', { mode: 'plan' }],
      ['Sync now', { mode: 'apply' }],
      ['Approve this plan', { approve: '9f2c41d07a6e' }],
      ['Decline', { decline: '9f2c41d07a6e' }],
    ]);
    for (const { attributes } of found) {
      expect(attributes).toMatch(
        /^action="call" display="popup" endpoint="arn:aws:lambda:eu-west-1:111122223333:function:IntercomAllowlist-WidgetAction" confirmation="[^"]+"$/,
      );
    }
    expect(found[2]?.attributes).toContain(
      'Approve plan 9f2c41d07a6e? In IP set IntercomAllowlist-v4 it adds 1 (54.72.0.0/22).',
    );
  });

  it('a declined plan says who declined it, and can still be approved, but not declined again', () => {
    const plan = { planId: '9f2c41d07a6e', target: 'IP set set', added: ['54.72.0.0/22'], removed: [], declined: true };
    const text = show({ ...SAMPLES.busy(), plans: [{ ...plan, reason: 'Plan 9f2c41d07a6e was declined by Ann' }] });
    expect(actions(text).map(({ label }) => label)).toEqual(['Plan', 'Sync now', 'Approve this plan']);
    expect(text).toContain('Plan 9f2c41d07a6e was declined by Ann');
  });

  it('each action directly follows its own button', () => {
    const text = show(SAMPLES.hostile());
    expect([...text.matchAll(/<cwdb-action /g)]).toHaveLength(actions(text).length);
    expect(text).not.toContain('endpoint="arn:evil"');
  });
});

test('the style sheet applies only to the widget', () => {
  const [, style = ''] = /<style>([^<]*)<\/style>/.exec(show(SAMPLES.calm())) ?? [];
  const selectors = style.split('}').flatMap((rule) => rule.split('{')[0]?.trim().split(',') ?? []);
  for (const selector of selectors.filter((text) => text !== '')) expect(selector).toMatch(/^\.ia( |$)/);
  expect(style).not.toMatch(/url\(|@import|expression/);
});

test('a sync that ended early is listed without the changes that it only planned, a plan with them', () => {
  const targets = [quietTarget({ outcome: 'planned', added: ['34.0.0.1/32'] })];
  const run = { ...reportOf({ targets, outcome: 'failed', error: 'No lease' }), at: NOW, message: '' };
  const rows = (of: Partial<typeof run>) => show({ ...SAMPLES.calm(), runs: [{ ...run, ...of }] });
  expect(rows({})).toContain('failed</td><td>0</td><td>0</td>');
  expect(rows({ mode: 'plan', outcome: 'planned', error: null })).toContain('plan: planned</td><td>1</td><td>0</td>');
});

describe('a record whose long lists were truncated for the log', () => {
  const texts = (count: number) => Array.from({ length: count }, (_, i) => `34.${i >> 8}.${i & 255}.1/32`);

  it('is shown with the full counts of a plan, in its box and in the confirmation', () => {
    const plan = { planId: '9f2c41d07a6e', target: 'IP set set', reason: '', declined: false };
    const lists = truncateForLog({ added: texts(5000), removed: texts(501) });
    const text = show({ ...SAMPLES.calm(), plans: [{ ...plan, ...lists }] });
    expect(text).toMatch(/Adds 5000: <bdi>34\.0\.0\.1\/32, [^<]* and 4988 more</);
    expect(text).toMatch(/Removes 501: <bdi>34\.0\.0\.1\/32, [^<]* and 489 more</);
    expect(text).toMatch(/it adds 5000 \([^)]* and 4994 more\) and removes 501 \([^)]* and 495 more\)\./);
  });

  it('is shown with the full counts of its changes, each range once', () => {
    const targets = [5000, 5000, 0].map((added, i) =>
      quietTarget({ id: `sg-${i}`, outcome: 'changed', added: texts(added), removed: i > 0 ? [] : texts(700) }),
    );
    const run = { ...truncateForLog(reportOf({ outcome: 'changed', targets })), at: NOW, message: '' };
    expect(show({ ...SAMPLES.calm(), runs: [run] })).toContain('changed</td><td>5000</td><td>700</td>');
  });
});
