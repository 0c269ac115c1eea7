import type { CurrentEntry, DesiredRange } from '../../lambda/sync/plan/plan';
import { plan } from '../../lambda/sync/plan/plan';
import { applyPolicy } from '../../lambda/sync/plan/policy';
import { parseRange } from '../../lambda/sync/ranges/range';
import type { Survey } from '../../lambda/sync/reconcile';
import {
  type FeedReport,
  failuresOf,
  SyncFailedError,
  type SyncReport,
  summaryOf,
  type TargetOutcome,
  type TargetReport,
  toReport,
} from '../../lambda/sync/report';
import type { SyncMode } from '../../lambda/sync/settings';
import type { OwnedRange } from '../../lambda/sync/state/store';
import type { Target } from '../../lambda/sync/targets/target';
import { desired, others, ours } from './plan/builders';

function feed(overrides: Partial<FeedReport> = {}): FeedReport {
  return {
    region: 'us',
    status: 'fresh',
    date: '2026-06-29',
    ranges: ['34.0.0.0/32', '34.0.0.1/32'],
    refused: [],
    error: null,
    ...overrides,
  };
}

function target(overrides: Partial<TargetReport> = {}): TargetReport {
  return {
    id: 'set',
    kind: 'ip-set',
    outcome: 'in-sync',
    added: [],
    removed: [],
    pendingRemoval: [],
    held: [],
    drift: [],
    planId: null,
    error: null,
    apiCalls: 1,
    ...overrides,
  };
}

function report(overrides: Partial<SyncReport> = {}): SyncReport {
  return { runId: 'run-1', mode: 'apply', outcome: 'in-sync', feeds: [feed()], targets: [target()], ...overrides };
}

const failedFeed = feed({ region: 'eu', status: 'failed', error: 'HTTP 503' });
const invalidFeed = feed({ region: 'au', status: 'invalid', error: 'not JSON' });
const failedTarget = target({ id: 'sg-1', outcome: 'failed', error: 'no access' });
const NO_FEED = 'No feed could be used, so the lists in force stay as they are and may miss new ranges: ';

describe('failuresOf', () => {
  test.each<[string, Partial<SyncReport>, readonly string[]]>([
    ['all well is no failure', {}, []],
    ['one failed feed beside a good one is no failure', { feeds: [feed(), failedFeed] }, []],
    ['a stale feed is no failure', { feeds: [feed({ status: 'stale' })] }, []],
    ['a feed that was not modified is no failure', { feeds: [feed({ status: 'not-modified' })] }, []],
    ['a feed in doubt is no failure', { feeds: [feed({ error: '1 of its outbound entries were refused' })] }, []],
    ['a refused plan is no failure', { targets: [target({ outcome: 'refused', error: 'empty' })] }, []],
    ['no target is no failure', { targets: [] }, []],
    ['a failed target is one', { targets: [target(), failedTarget] }, ['Target sg-1: no access']],
    [
      'each failed target is one',
      { targets: [failedTarget, { ...failedTarget, id: 'sg-2' }] },
      ['Target sg-1: no access', 'Target sg-2: no access'],
    ],
    [
      'no usable feed is one, with every reason',
      { feeds: [failedFeed, invalidFeed] },
      [`${NO_FEED}eu: HTTP 503; au: not JSON`],
    ],
    [
      'both come together',
      { feeds: [failedFeed], targets: [failedTarget] },
      ['Target sg-1: no access', `${NO_FEED}eu: HTTP 503`],
    ],
  ])('%s', (_rule, given, failures) => {
    expect(failuresOf(report(given))).toEqual(failures);
  });
});

describe('summaryOf', () => {
  const changed = target({ outcome: 'changed', added: ['34.0.0.0/32', '34.0.0.1/32'], removed: ['34.0.0.2/32'] });

  test.each<[string, Partial<SyncReport>, string]>([
    ['in sync', { targets: [target(), target()] }, 'Sync in-sync: all 2 targets in sync; feeds: us 2 ranges (fresh)'],
    [
      'changed',
      { outcome: 'changed', targets: [changed, target({ id: 'quiet' })] },
      'Sync changed: set changed +2 -1; feeds: us 2 ranges (fresh)',
    ],
    [
      'several targets',
      { outcome: 'changed', targets: [changed, target({ id: 'sg-1', outcome: 'refused' })] },
      'Sync changed: set changed +2 -1, sg-1 refused +0 -0; feeds: us 2 ranges (fresh)',
    ],
    [
      'several feeds, one of them failed',
      { feeds: [feed(), failedFeed] },
      'Sync in-sync: all 1 targets in sync; feeds: us 2 ranges (fresh), eu 2 ranges (failed)',
    ],
    [
      'planned',
      { mode: 'plan', outcome: 'planned', targets: [target({ outcome: 'planned', added: ['34.0.0.0/32'] })] },
      'Plan planned: set planned +1 -0; feeds: us 2 ranges (fresh)',
    ],
    ['failed', { outcome: 'changed', targets: [changed, failedTarget] }, 'Sync failed. Target sg-1: no access'],
    [
      'failed in several ways',
      { feeds: [failedFeed], targets: [failedTarget] },
      `Sync failed. Target sg-1: no access. ${NO_FEED}eu: HTTP 503`,
    ],
    ['a plan that failed', { mode: 'plan', feeds: [failedFeed] }, `Plan failed. ${NO_FEED}eu: HTTP 503`],
  ])('says in one line: %s', (_rule, given, line) => {
    expect(summaryOf(report(given))).toBe(line);
  });
});

describe('SyncFailedError', () => {
  it('names the run and every failure, and carries the report', () => {
    const failed = report({ feeds: [failedFeed], targets: [failedTarget] });
    const error = new SyncFailedError(failed);
    expect(error.name).toBe('SyncFailedError');
    expect(error.message).toBe(
      `Sync run-1 failed. Target sg-1: no access. ${NO_FEED}eu: HTTP 503. All that could be done was done`,
    );
    expect(error.report).toBe(failed);
  });
});

describe('toReport', () => {
  const unused = async () => {
    throw new Error('A report reads and writes no target');
  };
  const group: Target = {
    id: 'sg-1',
    kind: 'security-group',
    own: false,
    ports: [443],
    apiCalls: 4,
    read: unused,
    apply: unused,
  };

  /** A target that allows `current`, when `wanted` is desired. */
  function surveyOf(
    wanted: readonly DesiredRange[],
    current: readonly CurrentEntry[],
    doubt?: string,
    ports = group.ports,
  ): Survey {
    const doubts = new Map(doubt === undefined ? [] : [['us' as const, doubt]]);
    const verdict = applyPolicy(plan(wanted, ports, current), { regions: ['us'], ports, doubts });
    return { target: group, snapshot: { entries: current, families: [4] }, verdict, ownedAfter: [] };
  }

  const surveyed = (first: Survey, last = first, owned?: readonly OwnedRange[]): TargetOutcome => ({
    kind: 'surveyed',
    first,
    last,
    owned,
  });
  const owning = (...ranges: string[]): OwnedRange[] =>
    ranges.map((range) => ({ range: parseRange(range), regions: ['us'], addedAt: '2026-06-29T09:00:00.000Z' }));
  const targetOf = (outcome: TargetOutcome, mode: SyncMode = 'apply') =>
    toReport('run-1', mode, [], [outcome]).targets[0];

  const A = '34.0.0.0/32';
  const B = '34.0.0.1/32';

  it('reports a feed with its ranges as texts, and why it is in doubt', () => {
    const refused = [{ range: '10.0.0.1', reason: 'not globally routable (private)' }];
    const reading = { region: 'us', status: 'fresh', ranges: [parseRange(A)], refused, accept: undefined } as const;
    const { feeds } = toReport('run-1', 'apply', [{ ...reading, date: undefined, doubt: 'one was refused' }], []);
    expect(feeds).toEqual([feed({ date: null, ranges: [A], refused, error: 'one was refused' })]);
  });

  test.each<[string, TargetOutcome, SyncMode, Partial<TargetReport>]>([
    ['nothing to do is in sync', surveyed(surveyOf([desired(A)], [ours(`${A} 443`)])), 'apply', { outcome: 'in-sync' }],
    [
      'what was applied is changed',
      surveyed(surveyOf([desired(A)], [ours(`${B} 443`)])),
      'apply',
      { outcome: 'changed', added: [A], removed: [B] },
    ],
    [
      'what would be applied is planned',
      surveyed(surveyOf([desired(A)], [ours(`${B} 443`)])),
      'plan',
      { outcome: 'planned', added: [A], removed: [B] },
    ],
    [
      'a target that would be emptied is refused',
      surveyed(surveyOf([], [ours(`${A} 443`)])),
      'apply',
      {
        outcome: 'refused',
        held: [{ range: A, reason: 'a target is never emptied' }],
        error: expect.stringContaining('would leave the target empty'),
      },
    ],
    [
      'what doubt holds is no change',
      surveyed(surveyOf([desired(A)], [ours(`${A} 443`), ours(`${B} 443`)], 'old')),
      'apply',
      { outcome: 'in-sync', held: [{ range: B, reason: 'the us feed is in doubt: old' }] },
    ],
    [
      'what others cover is no change',
      surveyed(surveyOf([desired(A)], [others('34.0.0.0/24 443')])),
      'apply',
      { outcome: 'in-sync' },
    ],
    [
      'a range at several ports is one range',
      surveyed(surveyOf([desired(A)], [ours(`${B} 443`), ours(`${B} 80`)])),
      'apply',
      { outcome: 'changed', added: [A], removed: [B] },
    ],
  ])('%s', (_rule, outcome, mode, expected) => {
    expect(targetOf(outcome, mode)).toEqual(target({ id: 'sg-1', kind: 'security-group', apiCalls: 4, ...expected }));
  });

  it('reports what the tries before the last one did as well', () => {
    const first = surveyOf([desired(A), desired(B)], [ours(`${A} 443`)]);
    const last = surveyOf([desired(A), desired(B)], [ours(`${A} 443`), ours(`${B} 443`)]);
    expect(targetOf(surveyed(first, last))).toMatchObject({ outcome: 'changed', added: [B], removed: [] });
  });

  it('calls drift what was ours and had to come back, and what nobody put there for us', () => {
    const stranger = '34.0.0.9/32';
    const survey = surveyOf([desired(A), desired(B)], [ours(`${A} 443`), ours(`${stranger} 443`, undefined)]);
    expect(targetOf(surveyed(survey, survey, owning(A, B)))).toMatchObject({ drift: [B, stranger] });
  });

  it('calls no new port drift', () => {
    const survey = surveyOf([desired(A)], [ours(`${A} 443`)], undefined, [443, 8443]);
    expect(targetOf(surveyed(survey, survey, owning(A)))).toMatchObject({ added: [A], drift: [] });
  });

  it('lists a hundred refusals and counts the rest', () => {
    const refused = Array.from({ length: 250 }, (_, i) => ({ range: `x${i}`, reason: 'not an address or CIDR' }));
    const reading = { region: 'us', status: 'fresh', date: undefined, ranges: [], refused, doubt: undefined } as const;
    const [first] = toReport('run', 'apply', [{ ...reading, accept: undefined }], []).feeds;
    expect(first?.refused).toHaveLength(101);
    expect(first?.refused.at(-1)).toEqual({ range: '...', reason: 'and 150 more refused' });
  });

  it('calls nothing drift that the feed changed, nor anything before it knows what is ours', () => {
    const survey = surveyOf([desired(A)], [ours(`${B} 443`)]);
    expect(targetOf(surveyed(survey, survey, owning(B)))).toMatchObject({ added: [A], removed: [B], drift: [] });
    expect(targetOf(surveyed(survey, survey, undefined))).toMatchObject({ drift: [] });
  });

  it('reports a failed target with its error', () => {
    const error = 'no access';
    expect(targetOf({ kind: 'failed', target: { id: 'sg-1', kind: 'security-group', error, apiCalls: 2 } })).toEqual(
      target({ id: 'sg-1', kind: 'security-group', outcome: 'failed', error, apiCalls: 2 }),
    );
    expect(targetOf({ kind: 'failed', target: { id: 'sg-1', kind: 'security-group', error } })).toMatchObject({
      apiCalls: 0,
    });
  });

  const inSync = surveyed(surveyOf([desired(A)], [ours(`${A} 443`)]));
  const refused = surveyed(surveyOf([], [ours(`${A} 443`)]));
  const changing = surveyed(surveyOf([desired(A)], []));
  const failing: TargetOutcome = { kind: 'failed', target: { id: 'sg-2', kind: 'security-group', error: 'no access' } };

  test.each<[string, readonly TargetOutcome[], SyncMode, SyncReport['outcome']]>([
    ['in sync with no target', [], 'apply', 'in-sync'],
    ['in sync if every target is', [inSync, inSync], 'apply', 'in-sync'],
    ['changed if one target is', [inSync, refused, changing], 'apply', 'changed'],
    ['planned if one target is', [inSync, changing], 'plan', 'planned'],
    ['refused if one target is and none changed', [inSync, refused], 'apply', 'refused'],
    ['what the others are if one failed', [failing, changing], 'apply', 'changed'],
  ])('a run is %s', (_rule, outcomes, mode, outcome) => {
    expect(toReport('run-1', mode, [], outcomes)).toMatchObject({ runId: 'run-1', mode, outcome });
  });
});
