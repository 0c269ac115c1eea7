import type { OwnershipRecord } from '../../lambda/core/plan/entries';
import { parseRange } from '../../lambda/core/ranges/range';
import type { TargetResult } from '../../lambda/core/report/run-record';
import { INTERCOM_REGIONS } from '../../lambda/shared/intercom-regions';
import { NO_MESSAGES, type State } from '../../lambda/sync/state/items';
import { overviewOf } from '../../lambda/widget/overview';
import type { RunEntry } from '../../lambda/widget/records';
import type { Reading, Sources } from '../../lambda/widget/sources';
import { page } from '../../lambda/widget/view/page';
import { exposedTarget, freshFeed, quietTarget, reportOf, soundGuard } from '../core/report/builders';

const NOW = new Date('2026-11-25T09:20:00Z');
const SETTINGS = { intercomRegions: INTERCOM_REGIONS, removalGraceHours: 24 };
const PLAN = '0123456789ab';

const owned = (range: string, overrides: Partial<OwnershipRecord> = {}): OwnershipRecord => ({
  range: parseRange(range),
  intercomRegions: ['us'],
  addedAt: '2026-11-01T09:05:00.000Z',
  ...overrides,
});
/** One range per region, so that no region is empty. */
const ONE_EACH = INTERCOM_REGIONS.map((region, i) => owned(`34.0.0.${i}`, { intercomRegions: [region] }));

const run = (target: Partial<TargetResult> = {}, overrides: Partial<RunEntry> = {}): RunEntry => ({
  ...reportOf({ targets: [quietTarget(target)] }),
  at: '2026-11-25T09:15:00.000Z',
  message: '',
  ...overrides,
});

function overview(
  targets: readonly (readonly OwnershipRecord[])[],
  runs: readonly RunEntry[] = [run()],
  settings: Parameters<typeof overviewOf>[1] = SETTINGS,
  sources: Partial<Sources> = {},
) {
  const state: Reading<State> = {
    value: {
      feeds: new Map(),
      owned: new Map(targets.map((ranges, i) => [`target ${i}`, ranges])),
      declines: [],
      messages: NO_MESSAGES,
    },
  };
  const log = { value: { runs, changes: [], changesSince: undefined } };
  return overviewOf({ state, log, ...sources }, settings, NOW);
}

const rangesOf = (given: ReturnType<typeof overview>, region = 'us') =>
  given.intercomRegions.find(({ name }) => name === region)?.ranges ?? [];

describe('ranges in force', () => {
  it('are listed once per region, since the day of the first target', () => {
    const later = { addedAt: '2026-11-20T09:05:00.000Z' };
    const shown = overview([[owned('34.0.0.1', later)], [owned('34.0.0.1')], [owned('34.0.0.1', later)]]);
    expect(rangesOf(shown)).toEqual([
      { range: '34.0.0.1/32', addedAt: '2026-11-01T09:05:00.000Z', status: { kind: 'active' } },
    ]);
  });

  it('of several regions are listed in each; those without an ownership record are listed separately', () => {
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

  it('of a region that is no longer configured are shown as long as there are any', () => {
    const onlyEu = { ...SETTINGS, intercomRegions: ['eu'] as const };
    const shown = (ranges: readonly OwnershipRecord[]) =>
      overview([ranges], [run()], onlyEu).intercomRegions.map(({ name }) => name);
    expect(shown(ONE_EACH)).toEqual(['us', 'eu', 'au']);
    expect(shown([])).toEqual(['eu']);
  });

  it('are ordered: first those that will not stay, then the latest, then by address', () => {
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

describe('the status of a range', () => {
  const range = '34.0.0.1/32';
  const absent = owned(range, { absentSince: '2026-11-25T09:05:00.000Z' });
  const pendingRemoval = [{ range, absentSince: '2026-11-25T09:05:00.000Z', removeAfter: '2026-11-26T09:05:00.000Z' }];
  const deferred = [{ range, reason: 'the us feed is untrusted: 404' }];
  const awaitingApproval = { added: [], removed: [range] };

  it.each<[string, OwnershipRecord, RunEntry[], object]>([
    ['active if it is published', owned(range), [run()], { kind: 'active' }],
    [
      'expiring at the time of the run record if its removal is pending',
      absent,
      [run({ pendingRemoval })],
      { kind: 'expiring', after: '2026-11-26T09:05:00.000Z' },
    ],
    [
      'due if its grace period is over and no run says why it is still there',
      owned(range, { absentSince: '2026-11-24T09:05:00.000Z' }),
      [run()],
      { kind: 'due' },
    ],
    [
      'expiring after the grace period if it is absent and no run is recorded',
      absent,
      [],
      { kind: 'expiring', after: '2026-11-26T09:05:00.000Z' },
    ],
    ['deferred, with the reason', absent, [run({ deferred })], { kind: 'deferred', ...deferred[0], range: undefined }],
    [
      'awaiting approval of its plan',
      absent,
      [run({ awaitingApproval, planId: PLAN })],
      { kind: 'awaiting-approval', planId: PLAN },
    ],
    [
      'awaiting approval if it is pending in another target',
      absent,
      [run({ awaitingApproval, planId: PLAN, pendingRemoval, deferred })],
      { kind: 'awaiting-approval', planId: PLAN },
    ],
  ])('is %s', (_rule, entry, runs, status) => {
    expect(rangesOf(overview([[entry]], runs))[0]?.status).toEqual(status);
  });

  it('comes from the latest run', () => {
    const shown = overview([[owned(range)]], [run(), run({ deferred })]);
    expect(rangesOf(shown)[0]?.status).toEqual({ kind: 'active' });
  });
});

test('a plan awaits approval if the latest run says so, with all its changes', () => {
  const awaitingApproval = { added: ['54.72.0.0/22'], removed: ['34.0.0.1/32'] };
  const waits = run({ id: 'sg-1', kind: 'security-group', awaitingApproval, planId: PLAN, error: 'too much' });
  expect(overview([ONE_EACH], [waits, run()]).plans).toEqual([
    { planId: PLAN, target: 'security group sg-1', ...awaitingApproval, reason: 'too much', declined: false },
  ]);
  expect(overview([ONE_EACH], [run(), waits]).plans).toEqual([]);
});

test('a feed is shown as the latest run had it, or else as it was last accepted', () => {
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

const LOOK =
  'New ranges may be blocked. Check that the schedule is enabled, and sync now; if that fails, check the errors of the function';
const READ_AGAIN = 'The next run reads it again: if the problem stays, check the feed';

describe('warnings', () => {
  it('begin with what is open, before everything else', () => {
    const targets = [quietTarget({ outcome: 'failed', error: 'gone' }), exposedTarget()];
    const guards = [soundGuard({ outcome: 'exposed', problems: ['Its default action is Allow'] })];
    expect(overview([ONE_EACH], [{ ...run(), targets, guards }]).warnings).toEqual([
      expect.stringMatching(/^Security group sg-1 allows 0\.0\.0\.0\/0 at port 443/),
      'Web ACL IntercomAllowlist: Its default action is Allow',
      expect.stringContaining('gone'),
    ]);
  });

  it('are none if everything is healthy', () => {
    expect(overview([ONE_EACH]).warnings).toEqual([]);
  });

  it.each<[string, RunEntry[], string[]]>([
    ['tell that no run was recorded', [], [`No sync was recorded in the last 26 hours. ${LOOK}`]],
    [
      'tell that a run is overdue',
      [run({}, { at: '2026-11-25T07:20:00.000Z' })],
      [`No sync was recorded for 2 hours. ${LOOK}`],
    ],
    ['do not tell of a run that is only late', [run({}, { at: '2026-11-25T07:21:00.000Z' })], []],
    [
      'tell of a failed target',
      [run({ id: 'sg-1', kind: 'security-group', outcome: 'failed', error: 'It does not exist' })],
      ['Security group sg-1 failed. It does not exist'],
    ],
    [
      'tell of a change that cannot be approved',
      [run({ outcome: 'awaiting-approval', error: 'It would be empty' })],
      ['IP set set is blocked: It would be empty'],
    ],
    [
      'tell of a change that cannot be approved beside changes that were made',
      [run({ outcome: 'changed', added: ['34.0.0.9/32'], error: 'It would be empty' })],
      ['IP set set is blocked: It would be empty'],
    ],
    ['do not tell of a plan that awaits approval', [run({ outcome: 'awaiting-approval', planId: PLAN })], []],
    [
      'tell of a feed that is untrusted',
      [
        run(
          {},
          {
            feeds: [
              freshFeed({
                error: '1 of its outbound entries was rejected',
                rejected: [{ range: '10.0.0.1', reason: 'private' }],
              }),
            ],
          },
        ),
      ],
      [
        'The US feed is untrusted: none of its ranges are removed. 1 of its outbound entries was rejected. ' +
          READ_AGAIN,
        'Rejected in the US feed: 10.0.0.1 (private)',
      ],
    ],
    [
      'tell of a feed that failed',
      [run({}, { feeds: [freshFeed({ status: 'failed', error: 'HTTP 500' })] })],
      [`The US feed is unavailable: the present ranges stay in force, new ranges are missing. HTTP 500. ${READ_AGAIN}`],
    ],
    [
      'tell of a stale feed',
      [run({}, { feeds: [freshFeed({ status: 'stale' })] })],
      [
        'The US feed is stale: its ranges stay in force. Intercom publishes it every day: if it stays stale, ask Intercom',
      ],
    ],
  ])('%s', (_case, runs, expected) => {
    expect(overview([ONE_EACH], runs).warnings).toEqual(expected);
  });

  it('name a region without any range in force', () => {
    expect(overview([ONE_EACH.slice(0, 1)]).warnings).toEqual([
      'No range of EU, AU is recorded as being in force: notifications from there may be blocked. Sync now',
    ]);
  });

  it('name a source that could not be read, and the other is still shown', () => {
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

describe('the latest runs', () => {
  const at = (minutesAgo: number) => ({ at: new Date(NOW.getTime() - minutesAgo * 60_000).toISOString() });
  const LEASE = 'Another run holds the lease. Nothing was changed. The next run tries again';
  const ended = (minutesAgo: number, by = 'schedule') =>
    run({ outcome: 'planned', added: ['34.0.0.9/32'] }, { outcome: 'failed', error: LEASE, by, ...at(minutesAgo) });
  const plan = (target: Partial<TargetResult> = {}) => run(target, { mode: 'plan', by: 'Ann', ...at(1) });
  const rejected = run({}, { outcome: 'failed', error: 'Unknown payload', feeds: [], targets: [], ...at(1) });
  const unread = run({}, { outcome: 'failed', by: 'schedule', error: 'No state', feeds: [], targets: [], ...at(5) });
  const shownBy = (...runs: RunEntry[]) => overview([ONE_EACH], runs);
  const warnings = (...runs: RunEntry[]) => shownBy(...runs).warnings;

  it('that fail before they change a target are a warning, and the heading is not healthy', () => {
    const shown = shownBy(ended(15), ended(75));
    expect(shown.warnings).toEqual([`The last run failed. ${LEASE}`]);
    const text = page(shown, { theme: 'light', width: 1000, utcOffset: '+00:00' }, '').toString();
    expect(text).toContain('Needs attention: 1 warning');
    expect(text).not.toContain('Healthy');
  });

  it('that fail stay a warning while plans and rejected requests follow', () => {
    expect(warnings(plan(), ended(15))).toEqual([`The last run failed. ${LEASE}`]);
    expect(warnings(rejected, ended(15))).toEqual([
      'The last run failed. Unknown payload',
      `An earlier run failed, and none has succeeded since. ${LEASE}`,
    ]);
  });

  it('that failed are no warning once a sync succeeded', () => {
    expect(warnings(run(), ended(75))).toEqual([]);
  });

  it('that fail in targets and otherwise say each reason once', () => {
    const targets = [quietTarget({ outcome: 'failed', error: 'gone' })];
    const feeds = [freshFeed({ status: 'failed', error: 'HTTP 500' })];
    const failures = reportOf({ targets, feeds }).error;
    const record = { targets, feeds, outcome: 'failed', ...at(5) } as const;
    const details = ['IP set set failed. gone', expect.stringMatching(/^The US feed is unavailable: .* HTTP 500/)];
    expect(warnings(run({}, { ...record, error: failures }))).toEqual(details);
    expect(warnings(run({}, { ...record, error: `${LEASE}. ${failures}` }))).toEqual([
      `The last run failed. ${LEASE}`,
      ...details,
    ]);
  });

  it('that fail in a target are a warning after a plan in which the target is readable again', () => {
    const failed = run({ id: 'sg-1', kind: 'security-group', outcome: 'failed', error: 'gone' }, at(15));
    expect(warnings(plan({ id: 'sg-1', kind: 'security-group' }), failed)).toEqual([
      'The last run failed. Target sg-1: gone',
    ]);
  });

  it('are no syncs if they are plans or rejected requests: it is told that the schedule does nothing', () => {
    expect(warnings(plan())).toEqual([`No sync was recorded in the last 26 hours. ${LOOK}`]);
    expect(warnings(plan(), run({}, at(300)))).toEqual([`No sync was recorded for 5 hours. ${LOOK}`]);
    expect(warnings(rejected)).toContain(`No sync was recorded in the last 26 hours. ${LOOK}`);
    expect(shownBy(plan(), run({}, at(300))).lastSyncAt).toBe(at(300).at);
  });

  it('leave plans, targets and feeds as they were last read, if they read nothing', () => {
    const waits = run({ planId: PLAN, awaitingApproval: { added: ['54.72.0.0/22'], removed: [] } }, at(65));
    const shown = shownBy(unread, waits);
    expect(shown.plans).toHaveLength(1);
    expect(shown.targets).toHaveLength(1);
    expect(shown.intercomRegions[0]?.feed?.status).toBe('fresh');
    expect(shown.warnings).toEqual(['The last run failed. No state']);
  });

  it('leave the guards as they were last checked, because the run in a deployment checks none', () => {
    const guards = [soundGuard({ outcome: 'exposed', problems: ['Its default action is Allow'] })];
    const deployment = run({}, { by: 'deployment', ...at(1) });
    const shown = shownBy(deployment, run({}, { guards, ...at(15) }));
    expect(shown.guards).toEqual(guards);
    expect(shown.warnings).toEqual(['Web ACL IntercomAllowlist: Its default action is Allow']);
  });

  it('show no guard anymore once a run that checks guards has none', () => {
    const guards = [soundGuard({ outcome: 'exposed', problems: ['Its default action is Allow'] })];
    expect(shownBy(run({}, { by: 'schedule' }), run({}, { guards, ...at(15) })).guards).toEqual([]);
  });
});
