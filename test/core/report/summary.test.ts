import type { RunRecord } from '../../../lambda/core/report/run-record';
import { failuresOf, levelOf, summaryOf } from '../../../lambda/core/report/summary';
import { freshFeed, quietTarget, reportOf } from './builders';

const failedFeed = freshFeed({ region: 'eu', status: 'failed', error: 'HTTP 503' });
const invalidFeed = freshFeed({ region: 'au', status: 'invalid', error: 'not JSON' });
const untrustedFeed = freshFeed({
  error: '1 of its outbound entries was rejected',
  rejected: [{ range: '999.1.2.3/32', reason: 'not an address or CIDR' }],
});
const failedTarget = quietTarget({ id: 'sg-1', outcome: 'failed', error: 'no access' });
const NO_FEED =
  'No feed could be used, so the current ranges stay in force and newly published ranges may be missing: ';
const fallback = freshFeed({ status: 'fallback', error: 'HTTP 503' });
const awaiting = quietTarget({ outcome: 'awaiting-approval', planId: '0123456789ab' });

const rejectedEntries = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ range: `x${i}`, reason: 'private' }));

describe('failuresOf', () => {
  test.each<[string, Partial<RunRecord>, readonly string[]]>([
    ['a run in sync has no failures', {}, []],
    ['a failed feed is no failure if another one is usable', { feeds: [freshFeed(), failedFeed] }, []],
    ['a stale feed is no failure', { feeds: [freshFeed({ status: 'stale' })] }, []],
    ['a feed that was not modified is no failure', { feeds: [freshFeed({ status: 'not-modified' })] }, []],
    ['an untrusted feed is no failure', { feeds: [untrustedFeed] }, []],
    [
      'a blocked change is no failure',
      { targets: [quietTarget({ outcome: 'awaiting-approval', error: 'empty' })] },
      [],
    ],
    ['a run without targets has no failures', { targets: [] }, []],
    ['a failed target is a failure', { targets: [quietTarget(), failedTarget] }, ['Target sg-1: no access']],
    [
      'targets with the same error are listed together',
      { targets: [failedTarget, { ...failedTarget, id: 'sg-2' }] },
      ['2 of 2 targets (sg-1, sg-2): no access'],
    ],
    [
      'ten targets with the same error are named, and the others are counted',
      { targets: Array.from({ length: 12 }, (_, i) => ({ ...failedTarget, id: `sg-${i}` })) },
      ['12 of 12 targets (sg-0, sg-1, sg-2, sg-3, sg-4, sg-5, sg-6, sg-7, sg-8, sg-9 and 2 more): no access'],
    ],
    [
      'ten different errors are listed, and the other targets are counted',
      { targets: Array.from({ length: 12 }, (_, i) => ({ ...failedTarget, id: `sg-${i}`, error: `error ${i}` })) },
      [
        ...Array.from({ length: 10 }, (_, i) => `Target sg-${i}: error ${i}`),
        'And 2 more targets failed: the run record has their errors',
      ],
    ],
    [
      'a run without a usable feed fails with every reason',
      { feeds: [failedFeed, invalidFeed] },
      [`${NO_FEED}eu: HTTP 503; au: not JSON`],
    ],
    [
      'the built-in addresses do not count as a usable feed',
      { feeds: [fallback, failedFeed] },
      [
        'No feed could be used, so the current ranges stay in force and newly published ranges may be missing (the built-in addresses are ' +
          'allowed for us until the first usable feed): us: HTTP 503; eu: HTTP 503',
      ],
    ],
    ['a plan that awaits approval is no failure', { targets: [awaiting] }, []],
    [
      'failures of targets and of feeds are both listed',
      { feeds: [failedFeed], targets: [failedTarget] },
      ['Target sg-1: no access', `${NO_FEED}eu: HTTP 503`],
    ],
  ])('%s', (_rule, given, failures) => {
    expect(failuresOf(given.feeds ?? [freshFeed()], given.targets ?? [quietTarget()])).toEqual(failures);
  });
});

describe('summaryOf', () => {
  const changed = quietTarget({ outcome: 'changed', added: ['34.0.0.0/32', '34.0.0.1/32'], removed: ['34.0.0.2/32'] });

  test.each<[string, Partial<RunRecord>, string]>([
    [
      'in sync',
      { targets: [quietTarget(), quietTarget()] },
      'Sync in-sync: all 2 targets in sync; feeds: us 2 ranges (fresh)',
    ],
    [
      'changed',
      { outcome: 'changed', targets: [changed, quietTarget({ id: 'quiet' })] },
      'Sync changed: set changed +2 -1; feeds: us 2 ranges (fresh)',
    ],
    [
      'several targets',
      { outcome: 'changed', targets: [changed, quietTarget({ id: 'sg-1', outcome: 'awaiting-approval' })] },
      'Sync changed: set changed +2 -1, sg-1 awaiting-approval +0 -0; feeds: us 2 ranges (fresh)',
    ],
    [
      'several feeds, one of them failed',
      { feeds: [freshFeed(), failedFeed] },
      'Sync in-sync: all 1 targets in sync; feeds: us 2 ranges (fresh), eu 2 ranges (failed). The eu feed is untrusted, so none ' +
        'of its ranges are removed: HTTP 503',
    ],
    [
      'planned',
      { mode: 'plan', outcome: 'planned', targets: [quietTarget({ outcome: 'planned', added: ['34.0.0.0/32'] })] },
      'Plan planned: set planned +1 -0; feeds: us 2 ranges (fresh)',
    ],
    [
      'pending',
      {
        targets: [
          quietTarget({
            pendingRemoval: [
              {
                range: '34.0.0.2/32',
                absentSince: '2026-06-30T08:05:00.000Z',
                removeAfter: '2026-07-01T08:05:00.000Z',
              },
              {
                range: '34.0.0.3/32',
                absentSince: '2026-06-29T09:05:00.000Z',
                removeAfter: '2026-06-30T09:05:00.000Z',
              },
            ],
          }),
        ],
      },
      'Sync in-sync: set in-sync +0 -0 (2 to be removed from 2026-06-30T09:05:00.000Z on); feeds: us 2 ranges (fresh)',
    ],
    [
      'awaiting-approval',
      { outcome: 'awaiting-approval', targets: [awaiting] },
      'Sync awaiting-approval: set awaiting-approval +0 -0 (plan 0123456789ab awaits approval); feeds: us 2 ranges (fresh)',
    ],
    [
      'approved',
      { outcome: 'changed', targets: [{ ...changed, approved: '0123456789ab' }] },
      'Sync changed: set changed +2 -1 (plan 0123456789ab approved); feeds: us 2 ranges (fresh)',
    ],
    [
      'conflict and throttled calls',
      { outcome: 'changed', targets: [{ ...changed, conflicts: 1, throttled: 2 }] },
      'Sync changed: set changed +2 -1 (1 conflict retried, 2 throttled calls retried); feeds: us 2 ranges (fresh)',
    ],
    [
      'removals made first to make room',
      { outcome: 'changed', targets: [{ ...changed, removedFirst: ['34.0.0.2/32'] }] },
      'Sync changed: set changed +2 -1 (1 removed first to make room); feeds: us 2 ranges (fresh)',
    ],
    [
      'built-in addresses for one region',
      { feeds: [freshFeed({ region: 'eu' }), fallback] },
      'Sync in-sync: all 1 targets in sync; feeds: eu 2 ranges (fresh), us 2 ranges (fallback) (the built-in addresses are ' +
        'allowed for us until the first usable feed). The us feed is untrusted, so none of its ranges are removed: HTTP 503',
    ],
    [
      'untrusted feed',
      { feeds: [untrustedFeed] },
      'Sync in-sync: all 1 targets in sync; feeds: us 2 ranges (fresh). The us feed is untrusted, so none of its ranges are ' +
        'removed: 1 of its outbound entries was rejected: 999.1.2.3/32 (not an address or CIDR)',
    ],
    [
      'untrusted feed with many rejected entries, of which it names three',
      {
        feeds: [
          { ...untrustedFeed, rejected: ['a', 'b', 'c', 'd', 'e'].map((range) => ({ range, reason: 'private' })) },
        ],
      },
      'Sync in-sync: all 1 targets in sync; feeds: us 2 ranges (fresh). The us feed is untrusted, so none of its ranges are ' +
        'removed: 1 of its outbound entries was rejected: a (private), b (private), c (private), and 2 more',
    ],
    [
      'untrusted feed with more rejected entries than the record lists, of which it counts all',
      { feeds: [{ ...untrustedFeed, rejected: [...rejectedEntries(100), { range: '... and 150 more', reason: '' }] }] },
      'Sync in-sync: all 1 targets in sync; feeds: us 2 ranges (fresh). The us feed is untrusted, so none of its ranges are ' +
        'removed: 1 of its outbound entries was rejected: x0 (private), x1 (private), x2 (private), and 247 more',
    ],
    ['failed', { outcome: 'changed', targets: [changed, failedTarget] }, 'Sync failed. Target sg-1: no access'],
    [
      'failed in several ways',
      { feeds: [failedFeed], targets: [failedTarget] },
      `Sync failed. Target sg-1: no access. ${NO_FEED}eu: HTTP 503`,
    ],
    ['a plan that failed', { mode: 'plan', feeds: [failedFeed] }, `Plan failed. ${NO_FEED}eu: HTTP 503`],
  ])('summarizes in one line: %s', (_rule, given, line) => {
    expect(summaryOf(reportOf(given))).toBe(line);
  });
});

describe('levelOf', () => {
  test.each<[string, Partial<RunRecord>, string]>([
    ['a run without changes is logged at level info', {}, 'info'],
    ['a run with changes is logged at level info', { targets: [quietTarget({ outcome: 'changed' })] }, 'info'],
    ['a run with a failed feed and a usable one is logged at level warn', { feeds: [freshFeed(), failedFeed] }, 'warn'],
    ['a run with a rejected entry in a feed is logged at level warn', { feeds: [untrustedFeed] }, 'warn'],
    ['a run with a stale feed is logged at level info', { feeds: [freshFeed({ status: 'stale' })] }, 'info'],
    ['a run with a plan that awaits approval is logged at level warn', { targets: [awaiting] }, 'warn'],
    [
      'a run with changes and a plan that awaits approval is logged at level warn',
      { targets: [{ ...awaiting, outcome: 'changed' }] },
      'warn',
    ],
    [
      'a run with a blocked change is logged at level warn',
      { targets: [quietTarget({ outcome: 'awaiting-approval' })] },
      'warn',
    ],
    ['a run that uses the built-in addresses is logged at level warn', { feeds: [freshFeed(), fallback] }, 'warn'],
    ['a run with a failed target is logged at level error', { targets: [awaiting, failedTarget] }, 'error'],
    ['a run without a usable feed is logged at level error', { feeds: [fallback] }, 'error'],
  ])('%s', (_rule, given, level) => {
    expect(levelOf(reportOf(given))).toBe(level);
  });
});
