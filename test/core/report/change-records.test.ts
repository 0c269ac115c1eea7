import fc from 'fast-check';
import { type ChangeRecord, changeRecords } from '../../../lambda/core/report/change-records';
import type { RegionResult, RunRecord, TargetResult } from '../../../lambda/core/report/run-record';
import { freshFeed, quietTarget, reportOf } from './builders';

const SET = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/Allow-v4/0f1e2d3c';
const many = (count: number) => Array.from({ length: count }, (_, i) => `34.0.${i >> 8}.${i & 255}/32`);

function share(overrides: Partial<RegionResult>): RegionResult {
  const nothing = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
  return { region: 'us', inForce: 7, ...nothing, ...overrides };
}

function recordsOf(
  shares: Partial<RegionResult>[],
  target: Partial<TargetResult> = {},
  report: Partial<RunRecord> = {},
) {
  const targets = [quietTarget({ id: SET, outcome: 'changed', byRegion: shares.map(share), ...target })];
  return changeRecords(reportOf({ feeds: [freshFeed({ date: '2026-11-23' })], targets, ...report }));
}

describe('changeRecords', () => {
  it('has no record for a target that is in sync with nothing pending', () => {
    expect(recordsOf([{ inForce: 6 }, { region: 'eu', inForce: 3 }])).toEqual([]);
  });

  it('has one complete record per target and region', () => {
    const records = recordsOf([{ added: ['3.5.7.9/32'] }, { region: 'eu', inForce: 3 }]);
    expect(records).toEqual<ChangeRecord[]>([
      {
        message: 'US: +1 -0 in IP set Allow-v4, now 7 ranges; 3.5.7.9/32 added; feed of 2026-11-23',
        record: 'diff',
        runId: 'run-1',
        mode: 'apply',
        by: 'unknown',
        target: SET,
        kind: 'ip-set',
        outcome: 'changed',
        region: 'us',
        added: ['3.5.7.9/32'],
        removed: [],
        drift: [],
        pending: [],
        awaitingApprovalAdded: [],
        awaitingApprovalRemoved: [],
        inForce: 7,
        feedDate: '2026-11-23',
        planId: null,
        declined: null,
        declinedBy: null,
        part: 1,
        parts: 1,
      },
    ]);
  });

  test.each<[string, Partial<RegionResult>, Partial<TargetResult>, Partial<RunRecord>, string]>([
    [
      'additions and removals',
      { added: ['3.0.0.1/32'], removed: ['3.0.0.2/32', '3.0.0.3/32'] },
      { id: 'sg-1', kind: 'security-group' },
      {},
      'US: +1 -2 in security group sg-1, now 7 ranges; 3.0.0.1/32 added; 3.0.0.2/32, 3.0.0.3/32 removed; feed of 2026-11-23',
    ],
    [
      'repaired drift together with changes of the feed',
      { added: ['3.0.0.1/32', '3.0.0.4/32'], removed: ['3.0.0.2/32'] },
      { drift: ['3.0.0.2/32', '3.0.0.4/32', '54.0.0.1/32'] },
      {},
      'US: +2 -1 in IP set Allow-v4, now 7 ranges; 3.0.0.1/32, 3.0.0.4/32 added; 3.0.0.2/32 removed; 3.0.0.4/32, 3.0.0.2/32 had drifted; ' +
        'feed of 2026-11-23',
    ],
    [
      'a plan',
      { added: ['3.0.0.1/32'] },
      { outcome: 'planned' },
      { mode: 'plan' },
      'US: +1 -0 in IP set Allow-v4, now 7 ranges; 3.0.0.1/32 would be added; feed of 2026-11-23',
    ],
    [
      'removals that are pending until the grace period ends',
      { pendingRemoval: ['3.0.0.1/32'] },
      { outcome: 'in-sync' },
      {},
      'US: +0 -0 in IP set Allow-v4, now 7 ranges; 3.0.0.1/32 to be removed when the grace period ends; feed of 2026-11-23',
    ],
    [
      'changes that await approval',
      { awaitingApproval: { added: ['3.0.0.0/22'], removed: ['3.0.0.9/32'] } },
      { outcome: 'awaiting-approval', planId: '0123456789ab' },
      {},
      'US: +0 -0 in IP set Allow-v4, now 7 ranges; 3.0.0.0/22 not added: plan 0123456789ab awaits approval; 3.0.0.9/32 not ' +
        'removed: plan 0123456789ab awaits approval; feed of 2026-11-23',
    ],
    [
      'changes of a plan that does not fit into the target',
      { awaitingApproval: { added: ['34.0.0.0/20'], removed: [] } },
      { outcome: 'failed', error: '61 entries would be needed' },
      {},
      'US: +0 -0 in IP set Allow-v4, now 7 ranges; 34.0.0.0/20 not added: the plan does not fit into the target; feed of 2026-11-23',
    ],
    [
      'the length of a long list',
      { added: many(7) },
      {},
      {},
      'US: +7 -0 in IP set Allow-v4, now 7 ranges; 7 ranges added; feed of 2026-11-23',
    ],
    [
      'an undated feed',
      { added: ['3.0.0.1/32'] },
      {},
      { feeds: [freshFeed({ date: null })] },
      'US: +1 -0 in IP set Allow-v4, now 7 ranges; 3.0.0.1/32 added; undated feed',
    ],
    [
      'entries of unknown region',
      { region: 'unknown', removed: ['3.0.0.1/32'] },
      {},
      {},
      'UNKNOWN: +0 -1 in IP set Allow-v4, now 7 ranges; 3.0.0.1/32 removed',
    ],
  ])('summarizes in one line: %s', (_rule, given, target, report, message) => {
    expect(recordsOf([given], target, report).map((record) => record.message)).toEqual([message]);
  });

  it('names a plan only in the records of regions with changes that await its approval', () => {
    const shares = [
      { awaitingApproval: { added: ['3.0.0.0/22'], removed: [] } },
      { region: 'eu' as const, added: ['54.0.0.1/32'] },
    ];
    expect(recordsOf(shares, { planId: '0123456789ab' }).map(({ planId }) => planId)).toEqual(['0123456789ab', null]);
  });

  it('splits any lists, without losing ranges, into numbered records that fit into a log event', () => {
    const list = fc.nat(2500).map(many);
    const lists = fc.record({
      added: list,
      removed: list,
      pendingRemoval: list,
      awaitingApproval: fc.record({ added: list, removed: list }),
    });
    fc.assert(
      fc.property(lists, (given) => {
        const records = recordsOf([given]);
        const all = (key: 'added' | 'removed' | 'pending' | 'awaitingApprovalAdded' | 'awaitingApprovalRemoved') =>
          records.flatMap((record) => record[key]);
        expect(all('added')).toEqual(given.added);
        expect(all('removed')).toEqual(given.removed);
        expect(all('pending')).toEqual(given.pendingRemoval);
        expect(all('awaitingApprovalAdded')).toEqual(given.awaitingApproval.added);
        expect(all('awaitingApprovalRemoved')).toEqual(given.awaitingApproval.removed);
        expect(records.map(({ part }) => part)).toEqual(records.map((_, i) => i + 1));
        for (const record of records) {
          expect(record.parts).toBe(records.length);
          expect(Buffer.byteLength(JSON.stringify(record))).toBeLessThan(200_000);
        }
      }),
      { numRuns: 50 },
    );
  });
});
