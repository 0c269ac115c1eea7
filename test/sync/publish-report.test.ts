import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import * as v from 'valibot';
import { type MetricSet, metricSets } from '../../lambda/core/report/metrics';
import { RunRecord } from '../../lambda/core/report/run-record';
import { publishReport, publishUnsent } from '../../lambda/sync/publish-report';
import { exposedTarget, freshFeed, quietTarget, reportOf } from '../core/report/builders';

const share = {
  region: 'us',
  inForce: 7,
  added: ['34.0.0.1/32'],
  removed: ['34.0.0.2/32', '34.0.0.3/32'],
  pendingRemoval: ['34.0.0.4/32'],
  awaitingApproval: { added: ['40.0.0.0/22'], removed: [] },
} as const;
const changed = quietTarget({
  id: 'set',
  outcome: 'changed',
  added: share.added,
  removed: share.removed,
  pendingRemoval: [
    { range: '34.0.0.4/32', absentSince: '2026-06-30T07:05:00.000Z', removeAfter: '2026-07-01T07:05:00.000Z' },
  ],
  awaitingApproval: share.awaitingApproval,
  drift: ['34.0.0.1/32'],
  planId: '0123456789ab',
  byRegion: [share],
  apiCalls: 3,
});
const failed = quietTarget({ id: 'sg-1', outcome: 'failed', error: 'no access', apiCalls: 2 });

/** Published by every run that read all targets. */
const NONE = { ExposedTargets: 0, PlansAwaitingApproval: 0 };

const of = (sets: MetricSet[], dimensions: Record<string, string>) =>
  sets.find((set) => JSON.stringify(set.dimensions) === JSON.stringify(dimensions))?.values;

describe('metricSets', () => {
  const report = reportOf({ outcome: 'changed', targets: [changed, failed] });
  const sets = metricSets(report, 1234);

  it('counts each change of the run once', () => {
    expect(of(sets, {})).toEqual({
      GoodRuns: 0,
      RunDuration: 1234,
      TargetFailures: 1,
      PlansAwaitingApproval: 1,
      RangesAdded: 1,
      RangesRemoved: 2,
      RemovalsPending: 1,
      RangesAwaitingApproval: 1,
      DriftRepaired: 1,
    });
  });

  it('does not publish other counts of zero', () => {
    expect(of(metricSets(reportOf(), 1234), {})).toEqual({ GoodRuns: 1, RunDuration: 1234, ...NONE });
  });

  test.each<[string, Partial<RunRecord>, object]>([
    ['zero exposed targets and plans are published once every target was read', {}, NONE],
    ['none are published while a target could not be read', { targets: [quietTarget(), failed] }, {}],
    ['none are published of a run that read no target', { feeds: [], targets: [], error: 'no state' }, {}],
    [
      'those that were read are published although another target could not be read',
      { targets: [exposedTarget(), quietTarget({ planId: '0123456789ab' }), failed] },
      { ExposedTargets: 1, PlansAwaitingApproval: 1 },
    ],
  ])('%s, so that the alarms keep their state', (_rule, given, published) => {
    const { ExposedTargets, PlansAwaitingApproval } = of(metricSets(reportOf(given), 1), {}) ?? {};
    expect(JSON.parse(JSON.stringify({ ExposedTargets, PlansAwaitingApproval }))).toEqual(published);
  });

  it('publishes by target only the ranges in force of IP sets, by region', () => {
    const group = quietTarget({ id: 'sg-2', kind: 'security-group', byRegion: [share] });
    const withGroup = metricSets(reportOf({ targets: [changed, failed, group] }), 1);
    expect(withGroup.filter(({ dimensions }) => 'target' in dimensions)).toEqual([
      { dimensions: { region: 'us', target: 'set' }, values: { RangesInForce: 7 } },
    ]);
  });

  test.each<[string, Partial<RunRecord>, number]>([
    ['a run in sync counts as good', {}, 1],
    ['a run with changes counts as good', { targets: [changed] }, 1],
    [
      'a run with changes that await approval counts as good',
      { targets: [quietTarget({ outcome: 'awaiting-approval' })] },
      1,
    ],
    [
      'a run with one failed feed counts as good',
      { feeds: [freshFeed(), freshFeed({ region: 'eu', status: 'failed' })] },
      1,
    ],
    ['a run without a usable feed does not count as good', { feeds: [freshFeed({ status: 'failed' })] }, 0],
    ['a run with a failed target does not count as good', { targets: [failed] }, 0],
  ])('%s', (_rule, given, good) => {
    expect(of(metricSets(reportOf(given), 1), {})).toMatchObject({ GoodRuns: good });
  });

  test.each<[RunRecord['feeds'][number]['status'], number]>([
    ['fresh', 0],
    ['not-modified', 0],
    ['stale', 1],
    ['invalid', 1],
    ['failed', 1],
    ['fallback', 1],
  ])('the FeedFailures metric of a %s feed is %i', (status, failures) => {
    const feeds = [freshFeed({ status, date: null })];
    expect(of(metricSets(reportOf({ feeds }), 1), { region: 'us' })).toEqual({ FeedFailures: failures });
  });

  it('counts feeds that are fresh but untrusted, but not feeds that fail', () => {
    const error = '1 of its outbound entries was rejected';
    const feeds = [
      freshFeed({ error }),
      freshFeed({ region: 'eu', status: 'stale', error }),
      freshFeed({ region: 'au', status: 'failed', error }),
    ];
    expect(of(metricSets(reportOf({ feeds }), 1), {})).toEqual({
      GoodRuns: 1,
      RunDuration: 1,
      UntrustedFeeds: 1,
      ...NONE,
    });
  });

  it('counts the regions that use the built-in addresses', () => {
    const feeds = [freshFeed({ status: 'fallback' }), freshFeed({ region: 'eu', status: 'fallback' })];
    expect(of(metricSets(reportOf({ feeds }), 1), {})).toMatchObject({ FallbacksInUse: 2 });
  });
});

describe('publishReport', () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
    for (const level of ['log', 'info', 'warn', 'error'] as const) {
      jest.spyOn(console, level).mockImplementation((...line: unknown[]) => void lines.push(String(line[0])));
    }
  });
  afterEach(() => jest.restoreAllMocks());

  function write(report: RunRecord): Record<string, unknown>[] {
    const metrics = new Metrics({ namespace: 'Test', serviceName: 'sync', defaultDimensions: { stack: 'Stack' } });
    publishReport(report, 12, new Logger({ serviceName: 'sync' }), metrics);
    return lines.map((line) => JSON.parse(line));
  }

  it('logs the change records, then the run record, then the metrics', () => {
    const records = write(reportOf({ outcome: 'changed', targets: [changed] }));
    expect(records[0]).toMatchObject({
      record: 'diff',
      level: 'INFO',
      region: 'us',
      added: share.added,
      planId: '0123456789ab',
    });
    expect(records[1]).toMatchObject({
      record: 'run',
      level: 'WARN',
      runId: 'run-1',
      outcome: 'changed',
      targets: [{ id: 'set' }],
    });
    expect(records.slice(2).every((record) => '_aws' in record)).toBe(true);
  });

  it('logs the run record of hundreds of targets as one log event, which its schema reads', () => {
    const targets = Array.from({ length: 500 }, (_, i) => ({
      ...failed,
      id: `sg-${i}`,
      error: `${i} ${'x'.repeat(500)}`,
    }));
    write(reportOf({ targets }));
    const line = lines.find((each) => JSON.parse(each).record === 'run') ?? '';
    expect(Buffer.byteLength(line)).toBeLessThan(256 * 1024);
    expect(v.parse(RunRecord, JSON.parse(line)).targets).toHaveLength(500);
  });

  it('emits each metric set as one EMF record with namespace, service and stack', () => {
    const [, ...emf] = write(reportOf());
    expect(emf[0]).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'Test', Dimensions: [expect.arrayContaining(['service', 'stack'])] }] },
      service: 'sync',
      stack: 'Stack',
      GoodRuns: 1,
      RunDuration: 12,
    });
    const dimensions = emf.map(({ region, target }) => [region, target]);
    expect(dimensions).toEqual([
      [undefined, undefined],
      ['us', undefined],
    ]);
  });

  it('a message that was not sent is one warning, which says why, and a metric', () => {
    const metrics = new Metrics({ namespace: 'Test', serviceName: 'sync', defaultDimensions: { stack: 'Stack' } });
    const problem = { reason: 'AuthorizationError: no', sent: 0, unsent: 1, saved: true, dropped: 0 };
    publishUnsent(problem, 'run-1', new Logger({ serviceName: 'sync' }), metrics);
    const [warning, emf, ...more] = lines.map((line) => JSON.parse(line));
    expect(warning).toMatchObject({
      level: 'WARN',
      runId: 'run-1',
      message:
        'The change message was not sent: AuthorizationError: no. The allowlist is not affected. The next run tries again',
    });
    expect(emf).toMatchObject({ service: 'sync', stack: 'Stack', MessagesUnsent: 1 });
    expect(more).toEqual([]);
  });

  it('a message that was sent, but could not be saved as sent, is a warning without a metric', () => {
    const metrics = new Metrics({ namespace: 'Test', serviceName: 'sync', defaultDimensions: { stack: 'Stack' } });
    const problem = { reason: 'no', sent: 1, unsent: 0, saved: false, dropped: 0 };
    publishUnsent(problem, 'run-1', new Logger({ serviceName: 'sync' }), metrics);
    expect(lines.map((line) => JSON.parse(line))).toEqual([expect.objectContaining({ level: 'WARN' })]);
  });

  it('emits no metrics for a plan', () => {
    expect(write(reportOf({ mode: 'plan' })).map(({ record }) => record)).toEqual(['run']);
  });
});
