import type { FeedAssessment } from '../../../lambda/core/feed/assess';
import { parseRange } from '../../../lambda/core/ranges/range';
import { type RunResult, toRecord } from '../../../lambda/core/report/report';
import type { RunRecord } from '../../../lambda/core/report/run-record';
import { freshFeed, quietTarget } from './builders';

const A = '34.0.0.0/32';
const assessed = (overrides: Partial<FeedAssessment> = {}): FeedAssessment => ({
  region: 'us',
  status: 'fresh',
  date: undefined,
  ranges: [parseRange(A)],
  rejected: [],
  distrustReason: undefined,
  missedUpdates: false,
  accept: undefined,
  ...overrides,
});
const recordOf = (overrides: Partial<RunResult> = {}) =>
  toRecord({
    runId: 'run-1',
    mode: 'apply',
    by: 'unknown',
    feeds: [assessed()],
    targets: [],
    guards: [],
    error: undefined,
    ...overrides,
  });

describe('the record of a run', () => {
  it('contains the ranges of each feed as texts, and why the feed is distrusted', () => {
    const rejected = [{ range: '10.0.0.1', reason: 'not globally routable (private)' }];
    expect(recordOf({ feeds: [assessed({ rejected, distrustReason: 'one was rejected' })] }).feeds).toEqual([
      freshFeed({ date: null, ranges: [A], rejected, error: 'one was rejected' }),
    ]);
  });

  it('lists a hundred rejected entries and counts the rest', () => {
    const rejected = Array.from({ length: 250 }, (_, i) => ({ range: `x${i}`, reason: 'not an address or CIDR' }));
    const [first] = recordOf({ feeds: [assessed({ rejected })] }).feeds;
    expect(first?.rejected).toHaveLength(101);
    expect(first?.rejected.at(-1)).toEqual({ range: '... and 150 more', reason: 'not listed here' });
  });

  const inSync = quietTarget();
  const awaiting = quietTarget({ outcome: 'awaiting-approval' });
  const changed = quietTarget({ outcome: 'changed', added: [A] });
  const planned = quietTarget({ outcome: 'planned', added: [A] });
  const failed = quietTarget({ id: 'sg-2', outcome: 'failed', error: 'no access' });

  test.each<[string, Partial<RunResult>, RunRecord['outcome'], string | null]>([
    ['in sync without targets', {}, 'in-sync', null],
    ['in sync if every target is', { targets: [inSync, inSync] }, 'in-sync', null],
    ['changed if one target is', { targets: [inSync, awaiting, changed] }, 'changed', null],
    ['planned if one target is', { mode: 'plan', targets: [inSync, planned] }, 'planned', null],
    ['awaiting approval if one target is and none changed', { targets: [inSync, awaiting] }, 'awaiting-approval', null],
    ['failed if one target is', { targets: [failed, changed] }, 'failed', 'Target sg-2: no access'],
    [
      'failed if no feed could be used',
      { feeds: [assessed({ status: 'failed', distrustReason: 'HTTP 503' })], targets: [inSync] },
      'failed',
      'No feed could be used, so the current ranges stay in force and newly published ranges may be missing: us: HTTP 503',
    ],
    ['failed if the run ended early', { feeds: [], error: 'no table' }, 'failed', 'no table'],
    [
      'failed with all reasons if there are several',
      { targets: [failed], error: 'No such plan' },
      'failed',
      'No such plan. Target sg-2: no access',
    ],
  ])('is %s', (_rule, result, outcome, error) => {
    expect(recordOf(result)).toMatchObject({ runId: 'run-1', mode: result.mode ?? 'apply', outcome, error });
  });
});
