import type { OwnershipRecord } from '../../lambda/core/plan/entries';
import { parseRange } from '../../lambda/core/ranges/range';
import type { TargetResult } from '../../lambda/core/report/run-record';
import { INTERCOM_REGIONS } from '../../lambda/shared/intercom-regions';
import { NO_MESSAGES, type State } from '../../lambda/sync/state/items';
import { overviewOf } from '../../lambda/widget/overview';
import type { LoggedRun } from '../../lambda/widget/records';
import type { Reading, Sources } from '../../lambda/widget/sources';
import { freshFeed, quietTarget, reportOf } from '../core/report/builders';

const NOW = new Date('2026-11-25T09:20:00Z');
const SETTINGS = { intercomRegions: INTERCOM_REGIONS, removalGraceHours: 24 };
const PLAN = '0123456789ab';

const owned = (range: string, overrides: Partial<OwnershipRecord> = {}): OwnershipRecord => ({
  range: parseRange(range),
  intercomRegions: ['us'],
  addedAt: '2026-11-01T09:05:00.000Z',
  ...overrides,
});
/** One range a region, so that none is missed. */
const ONE_EACH = INTERCOM_REGIONS.map((region, i) => owned(`34.0.0.${i}`, { intercomRegions: [region] }));

const run = (target: Partial<TargetResult> = {}, overrides: Partial<LoggedRun> = {}): LoggedRun => ({
  ...reportOf({ targets: [quietTarget(target)] }),
  at: '2026-11-25T09:15:00.000Z',
  message: '',
  ...overrides,
});

function overview(
  targets: readonly (readonly OwnershipRecord[])[],
  runs: readonly LoggedRun[] = [run()],
  settings: Parameters<typeof overviewOf>[1] = SETTINGS,
  sources: Partial<Sources> = {},
) {
  const state: Reading<State> = {
    value: { feeds: new Map(), owned: new Map(targets.map((ranges, i) => [`target ${i}`, ranges])), declines: [], messages: NO_MESSAGES },
  };
  const log = { value: { runs, changes: [], changesSince: undefined } };
  return overviewOf({ state, log, ...sources }, settings, NOW);
}

const rangesOf = (given: ReturnType<typeof overview>, region = 'us') =>
  given.intercomRegions.find(({ name }) => name === region)?.ranges ?? [];

describe('ranges in force', () => {
  it('are each once a region, since the day of the first target', () => {
    const later = { addedAt: '2026-11-20T09:05:00.000Z' };
    const shown = overview([[owned('34.0.0.1', later)], [owned('34.0.0.1')], [owned('34.0.0.1', later)]]);
    expect(rangesOf(shown)).toEqual([
      { range: '34.0.0.1/32', addedAt: '2026-11-01T09:05:00.000Z', status: { kind: 'active' } },
    ]);
  });

  it('of several regions are in each; those that nothing remembers have a place of their own', () => {
    const shown = overview([
      [owned('34.0.0.1', { intercomRegions: ['eu', 'au'] }), owned('34.0.0.2', { intercomRegions: [] })],
    ]);
    const names = shown.intercomRegions.map(({ name, ranges }) => [name, ranges.map(({ range }) => range).join()]);
    expect(names).toEqual([
      ['us', ''],
      ['eu', '34.0.0.1/32'],
      ['au', '34.0.0.1/32'],
      ['unknown', '34.0.0.2/32'],
    ]);
  });

  it('a region that the operator does not configure is shown for as long as something of it is there', () => {
    const onlyEu = { ...SETTINGS, intercomRegions: ['eu'] as const };
    const shown = (ranges: readonly OwnershipRecord[]) =>
      overview([ranges], [run()], onlyEu).intercomRegions.map(({ name }) => name);
    expect(shown(ONE_EACH)).toEqual(['us', 'eu', 'au']);
    expect(shown([])).toEqual(['eu']);
  });

  it('come in the order: what will not stay, then the latest, then by address', () => {
    const shown = overview([
      [
        owned('34.0.0.3'),
        owned('34.0.0.1'),
        owned('34.0.0.20', { addedAt: '2026-11-20T09:05:00.000Z' }),
        owned('34.0.0.9', { absentSince: '2026-11-25T09:05:00.000Z' }),
      ],
    ]);
    expect(rangesOf(shown).map(({ range }) => range)).toEqual([
      '34.0.0.9/32',
      '34.0.0.20/32',
      '34.0.0.1/32',
      '34.0.0.3/32',
    ]);
  });
});

describe('what becomes of a range', () => {
  const range = '34.0.0.1/32';
  const absent = owned(range, { absentSince: '2026-11-25T09:05:00.000Z' });
  const pendingRemoval = [{ range, absentSince: '2026-11-25T09:05:00.000Z', removeAfter: '2026-11-26T09:05:00.000Z' }];
  const deferred = [{ range, reason: 'the us feed is in doubt: 404' }];
  const awaitingApproval = { added: [], removed: [range] };

  it.each<[string, OwnershipRecord, LoggedRun[], object]>([
    ['published: it stays', owned(range), [run()], { kind: 'active' }],
    [
      'pending: it goes when the run says',
      absent,
      [run({ pendingRemoval })],
      { kind: 'expiring', after: '2026-11-26T09:05:00.000Z' },
    ],
    [
      'absent, and no run tells: it goes after the grace',
      absent,
      [],
      { kind: 'expiring', after: '2026-11-26T09:05:00.000Z' },
    ],
    [
      'held: it is kept, with the reason',
      absent,
      [run({ deferred })],
      { kind: 'deferred', ...deferred[0], range: undefined },
    ],
    [
      'refused: it waits for the plan',
      absent,
      [run({ awaitingApproval, planId: PLAN })],
      { kind: 'awaiting-approval', planId: PLAN },
    ],
    [
      'refused in one target, pending in another: the approval comes first',
      absent,
      [run({ awaitingApproval, planId: PLAN, pendingRemoval, deferred })],
      { kind: 'awaiting-approval', planId: PLAN },
    ],
  ])('%s', (_rule, entry, runs, status) => {
    expect(rangesOf(overview([[entry]], runs))[0]?.status).toEqual(status);
  });

  it('only the latest run tells', () => {
    const shown = overview([[owned(range)]], [run(), run({ deferred })]);
    expect(rangesOf(shown)[0]?.status).toEqual({ kind: 'active' });
  });
});

test('a plan waits if the latest run says so, with all that it would do', () => {
  const awaitingApproval = { added: ['54.72.0.0/22'], removed: ['34.0.0.1/32'] };
  const waits = run({ id: 'sg-1', kind: 'security-group', awaitingApproval, planId: PLAN, error: 'too much' });
  expect(overview([ONE_EACH], [waits, run()]).plans).toEqual([
    { planId: PLAN, target: 'security group sg-1', ...awaitingApproval, reason: 'too much', declined: false },
  ]);
  expect(overview([ONE_EACH], [run(), waits]).plans).toEqual([]);
});

test('a feed is as the latest run had it, or else as it was accepted', () => {
  const feeds = new Map([
    ['eu', { region: 'eu', source: '', etag: '', date: '2026-11-24', newestDate: '', ranges: [] }],
  ]);
  const state = { value: { feeds, owned: new Map([['set', ONE_EACH]]) } } as unknown as Reading<State>;
  const shown = overview([], [run()], SETTINGS, { state });
  expect(shown.intercomRegions.map(({ name, feed }) => [name, feed?.date, feed?.status])).toEqual([
    ['us', '2026-06-29', 'fresh'],
    ['eu', '2026-11-24', undefined],
    ['au', undefined, undefined],
  ]);
});

describe('troubles', () => {
  it('there are none where all is well', () => {
    expect(overview([ONE_EACH]).warnings).toEqual([]);
  });

  it.each<[string, LoggedRun[], string[]]>([
    [
      'no run',
      [],
      [
        "No run was recorded in the last 26 hours. New ranges may be blocked. Sync now; if it fails, look at the function's errors",
      ],
    ],
    [
      'a run that is late',
      [run({}, { at: '2026-11-25T07:20:00.000Z' })],
      [
        "No run was recorded for 2 hours. New ranges may be blocked. Sync now; if it fails, look at the function's errors",
      ],
    ],
    ['a run that may still come', [run({}, { at: '2026-11-25T07:21:00.000Z' })], []],
    [
      'a target that failed',
      [run({ id: 'sg-1', kind: 'security-group', outcome: 'failed', error: 'It does not exist' })],
      ['Security group sg-1 failed. It does not exist'],
    ],
    [
      'what nobody may approve',
      [run({ outcome: 'awaiting-approval', error: 'It would be empty' })],
      ['IP set set awaiting-approval. It would be empty'],
    ],
    ['a plan that waits is none: it has its own place', [run({ outcome: 'awaiting-approval', planId: PLAN })], []],
    [
      'a feed in doubt',
      [
        run(
          {},
          {
            feeds: [
              freshFeed({
                error: '1 of its outbound entries were refused',
                rejected: [{ range: '10.0.0.1', reason: 'private' }],
              }),
            ],
          },
        ),
      ],
      [
        'The US feed is in doubt: nothing of it is removed. 1 of its outbound entries were refused',
        'Rejected in the US feed: 10.0.0.1 (private)',
      ],
    ],
    [
      'a feed that failed',
      [run({}, { feeds: [freshFeed({ status: 'failed', error: 'HTTP 500' })] })],
      ['The US feed is unavailable: the ranges in force stay in force, new ranges are missing. HTTP 500'],
    ],
    [
      'a stale feed',
      [run({}, { feeds: [freshFeed({ status: 'stale' })] })],
      ['The US feed is stale: the list stays in force. '],
    ],
  ])('%s', (_case, runs, expected) => {
    expect(overview([ONE_EACH], runs).warnings).toEqual(expected);
  });

  it('a region of which nothing is in force', () => {
    expect(overview([ONE_EACH.slice(0, 1)]).warnings).toEqual([
      'No range of EU, AU is remembered to be in force: notifications from there may be blocked. Sync now',
    ]);
  });

  it('a source that could not be read does not hold up the other', () => {
    const unread = { error: 'denied' };
    const withoutLog = overview([ONE_EACH], [], SETTINGS, { log: unread });
    expect(withoutLog.warnings).toEqual([
      "Runs, plans and changes can't be shown: the sync's log could not be read: denied",
    ]);
    expect(withoutLog.changes).toBeUndefined();
    expect(rangesOf(withoutLog)).toHaveLength(1);
    const withoutState = overview([], [run()], SETTINGS, { state: unread });
    expect(withoutState.warnings).toEqual(["The ranges in force can't be shown. denied"]);
    expect(withoutState.intercomRegions).toEqual([]);
    expect(withoutState.runs).toHaveLength(1);
  });
});
