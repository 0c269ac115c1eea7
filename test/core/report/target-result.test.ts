import type { CurrentEntry, DesiredRange, OwnershipRecord } from '../../../lambda/core/plan/entries';
import { plan } from '../../../lambda/core/plan/plan';
import { applyPolicy, type PolicyContext } from '../../../lambda/core/plan/policy';
import { sequenceChanges } from '../../../lambda/core/plan/sequence';
import { parseRange } from '../../../lambda/core/ranges/range';
import type { TargetResult } from '../../../lambda/core/report/run-record';
import {
  type Attempt,
  appliedResult,
  failedResult,
  plannedResult,
  unreadResult,
} from '../../../lambda/core/report/target-result';
import { context, desired, managed, NOW, others, unrecorded } from '../plan/builders';
import { quietTarget } from './builders';

describe('the result of a target', () => {
  const group = { id: 'sg-1', kind: 'security-group', apiCalls: 4, throttled: 1 } as const;

  /** An attempt at a group with the entries `current`, when `wanted` is desired. */
  function attemptOf(
    wanted: readonly DesiredRange[],
    current: readonly CurrentEntry[],
    overrides: Partial<PolicyContext> = {},
    limit = 60,
  ): Attempt {
    const policy = context({ targetId: group.id, ports: [443], intercomRegions: ['us'], ...overrides });
    const decision = applyPolicy(plan(wanted, policy.ports, current), policy);
    const capacity = { limit, used: { 4: current.length, 6: 0 }, name: 'rules' };
    const sequence = sequenceChanges(decision.changes, capacity, current.length);
    const snapshot = { entries: current };
    const allowed = wanted.map(({ range }) => range);
    return {
      target: group,
      snapshot,
      allowed,
      owned: undefined,
      decision,
      sequence,
      quotaError: undefined,
      ownedAfter: [],
    };
  }

  const applied = (attempt: Attempt) => appliedResult([attempt]);
  const owning = (...ranges: string[]): OwnershipRecord[] =>
    ranges.map((range) => ({ range: parseRange(range), intercomRegions: ['us'], addedAt: '2026-06-29T09:00:00.000Z' }));

  const A = '34.0.0.0/32';
  const B = '34.0.0.1/32';
  const distrustedIn = { distrustReasons: new Map([['us' as const, 'old']]) };

  test.each<[string, TargetResult, Partial<TargetResult>]>([
    [
      'a target with nothing to do is in sync',
      applied(attemptOf([desired(A)], [managed(`${A} 443`)])),
      { outcome: 'in-sync' },
    ],
    [
      'a target with applied changes is changed',
      applied(attemptOf([desired(A)], [managed(`${B} 443`)])),
      { outcome: 'changed', added: [A], removed: [B] },
    ],
    [
      'a target with planned changes is planned',
      plannedResult(attemptOf([desired(A)], [managed(`${B} 443`)])),
      { outcome: 'planned', added: [A], removed: [B] },
    ],
    [
      'a target that would be emptied awaits approval',
      applied(attemptOf([], [managed(`${A} 443`)])),
      {
        outcome: 'awaiting-approval',
        deferred: [{ range: A, reason: 'a target is never emptied' }],
        error: expect.stringContaining('would leave the target empty'),
      },
    ],
    [
      'a removal deferred for an untrusted feed is no change',
      applied(attemptOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], distrustedIn)),
      { outcome: 'in-sync', deferred: [{ range: B, reason: 'the us feed is untrusted: old' }] },
    ],
    [
      'a pending removal is no change, and is announced',
      applied(attemptOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], { removalGraceHours: 24 })),
      {
        outcome: 'in-sync',
        pendingRemoval: [{ range: B, absentSince: NOW, removeAfter: '2026-07-01T08:05:00.000Z' }],
      },
    ],
    [
      'a removal over the share awaits approval, and the error says why and what to do',
      applied(attemptOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], { maxRemovalShare: 0.4 })),
      {
        outcome: 'awaiting-approval',
        awaitingApproval: { added: [], removed: [B] },
        planId: expect.stringMatching(/^[0-9a-f]{12}$/),
        error: expect.stringMatching(
          /^Awaiting approval: removing 1 of 2 US ranges, over a share of 0\.4\. .* still allowed\. .* {"approve":"[0-9a-f]{12}"}, otherwise with {"decline":"[0-9a-f]{12}"}$/,
        ),
      },
    ],
    [
      'a change with a part that awaits approval is changed, and the error says so',
      applied(attemptOf([desired(A), desired('40.0.0.0/23', ['eu'])], [], { intercomRegions: ['us', 'eu'] })),
      {
        outcome: 'changed',
        added: [A],
        awaitingApproval: { added: ['40.0.0.0/23'], removed: [] },
        planId: expect.stringMatching(/^[0-9a-f]{12}$/),
        error: expect.stringContaining('notifications from the new ranges are blocked until then'),
      },
    ],
    [
      'removals made first to make room are listed',
      applied(attemptOf([desired(A)], [managed(`${B} 443`), managed('34.0.0.2/32 443')], {}, 2)),
      { outcome: 'changed', added: [A], removed: [B, '34.0.0.2/32'], removedFirst: [B] },
    ],
    [
      'a range covered by an entry of others is no change',
      applied(attemptOf([desired(A)], [others('34.0.0.0/24 443')])),
      {
        outcome: 'in-sync',
        exposure: [{ range: '34.0.0.0/24', ports: [443], entry: 'entry 34.0.0.0/24' }],
      },
    ],
    [
      'a target that others have opened to everyone is in sync, and exposed',
      applied(attemptOf([desired(A)], [others('0.0.0.0/0 443')])),
      {
        outcome: 'in-sync',
        exposed: true,
        exposure: [{ range: '0.0.0.0/0', ports: [443], entry: 'entry 0.0.0.0/0' }],
      },
    ],
    [
      'a target that failed says what is open after the failure',
      failedResult([attemptOf([desired(A)], [])], 'gone', [others('0.0.0.0/0 443')]),
      {
        outcome: 'failed',
        error: 'gone',
        exposed: true,
        exposure: [{ range: '0.0.0.0/0', ports: [443], entry: 'entry 0.0.0.0/0' }],
      },
    ],
    [
      'an exposure that the owner of the target accepts is reported with the reason',
      applied({
        ...attemptOf([desired(A)], [others('0.0.0.0/0 443')]),
        snapshot: { entries: [others('0.0.0.0/0 443')], acceptedExposure: 'public API' },
      }),
      {
        outcome: 'in-sync',
        exposed: true,
        exposure: [{ range: '0.0.0.0/0', ports: [443], entry: 'entry 0.0.0.0/0' }],
        acceptedExposure: 'public API',
      },
    ],
    [
      'a range at several ports is listed once',
      applied(attemptOf([desired(A)], [managed(`${B} 443`), managed(`${B} 80`)])),
      { outcome: 'changed', added: [A], removed: [B] },
    ],
  ])('%s', (_rule, result, expected) => {
    expect({ ...result, byRegion: [] }).toEqual(
      quietTarget({ id: 'sg-1', kind: 'security-group', apiCalls: 4, throttled: 1, ...expected }),
    );
  });

  describe('is split by region:', () => {
    const nothing = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
    const intercomRegions = { intercomRegions: ['us' as const, 'eu' as const] };

    test.each<[string, TargetResult, TargetResult['byRegion']]>([
      [
        'the ranges in force are counted also for a region without changes',
        applied(
          attemptOf(
            [desired(A), desired(B, ['eu'])],
            [managed(`${A} 443`), managed(`${B} 443`, ['eu'])],
            intercomRegions,
          ),
        ),
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'eu', inForce: 1 },
        ],
      ],
      [
        'a range of two regions is in both parts',
        applied(attemptOf([desired(A, ['us', 'eu'])], [], intercomRegions)),
        [
          { ...nothing, region: 'us', inForce: 1, added: [A] },
          { ...nothing, region: 'eu', inForce: 1, added: [A] },
        ],
      ],
      [
        'a removed range is in the part of the region in its ownership record',
        applied(attemptOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`, ['eu'])], intercomRegions)),
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'eu', inForce: 0, removed: [B] },
        ],
      ],
      [
        'a plan counts the ranges in force now',
        plannedResult(attemptOf([desired(A), desired(B)], [managed(`${A} 443`)])),
        [{ ...nothing, region: 'us', inForce: 1, added: [B] }],
      ],
      [
        'entries without an ownership record are in the part "unknown"',
        applied(attemptOf([desired(A)], [managed(`${A} 443`), unrecorded(`${B} 443`)], { removalGraceHours: 24 })),
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'unknown', inForce: 1, pendingRemoval: [B] },
        ],
      ],
      [
        'a range that awaits approval is in the part of the region that publishes it',
        applied(attemptOf([desired(A), desired('40.0.0.0/23', ['eu'])], [managed(`${A} 443`)], intercomRegions)),
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'eu', inForce: 0, awaitingApproval: { added: ['40.0.0.0/23'], removed: [] } },
        ],
      ],
    ])('%s', (_rule, result, expected) => {
      expect(result.byRegion).toEqual(expected);
    });
  });

  it('names the approved plan, which no longer awaits approval', () => {
    const given = [[desired(A)], [managed(`${A} 443`), managed(`${B} 443`)]] as const;
    const { planId } = attemptOf(...given, { maxRemovalShare: 0 }).decision;
    expect(applied(attemptOf(...given, { maxRemovalShare: 0, approved: planId }))).toMatchObject({
      outcome: 'changed',
      removed: [B],
      approved: planId,
      planId: null,
      error: null,
    });
  });

  it('is failed if a plan would exceed the quota once approved', () => {
    const attempt = { ...attemptOf([desired(A), desired('40.0.0.0/23', ['eu'])], []), quotaError: '61 entries needed' };
    const expected = {
      outcome: 'failed',
      planId: null,
      awaitingApproval: { added: ['40.0.0.0/23'] },
      error: '61 entries needed',
    };
    expect(applied(attempt)).toMatchObject({ ...expected, added: [A] });
    // A failed target lists the changes that were made: none yet.
    expect(plannedResult(attempt)).toMatchObject({ ...expected, added: [], removed: [] });
  });

  it('includes the changes of the attempts before the last one', () => {
    const first = attemptOf([desired(A), desired(B)], [managed(`${A} 443`)]);
    const last = attemptOf([desired(A), desired(B)], [managed(`${A} 443`), managed(`${B} 443`)]);
    expect(appliedResult([first, last])).toMatchObject({ outcome: 'changed', added: [B], removed: [] });
  });

  it('counts each attempt after the first one as a conflict, also if the target failed', () => {
    const attempt = attemptOf([desired(A)], [managed(`${A} 443`)]);
    expect(applied(attempt).conflicts).toBe(0);
    expect(appliedResult([attempt, attempt, attempt]).conflicts).toBe(2);
    expect(failedResult([attempt, attempt], 'no access').conflicts).toBe(1);
    expect(failedResult([attempt, attempt], 'no access', []).conflicts).toBe(1);
  });

  it('omits changes that others made between two attempts', () => {
    const grace = { removalGraceHours: 24 };
    const first = attemptOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], grace);
    const last = attemptOf([desired(A)], [managed(`${A} 443`), managed('34.0.0.7/32 443')], grace);
    expect(appliedResult([first, last])).toMatchObject({ outcome: 'in-sync', added: [], removed: [] });
  });

  describe('reports as drift', () => {
    const drift = (attempt: Attempt, ...recorded: string[]) =>
      applied({ ...attempt, owned: owning(...recorded) }).drift;

    it('a managed entry that had to be restored, and an entry of others in an exclusive target', () => {
      const foreign = '34.0.0.9/32';
      const attempt = attemptOf([desired(A), desired(B)], [managed(`${A} 443`), unrecorded(`${foreign} 443`)]);
      expect(drift(attempt, A, B)).toEqual([B, foreign]);
    });

    it('no range that a new port needs', () => {
      const attempt = attemptOf([desired(A)], [managed(`${A} 443`)], { ports: [443, 8443] });
      expect(applied(attempt).added).toEqual([A]);
      expect(drift(attempt, A)).toEqual([]);
    });

    it('no change of the feed, and nothing without ownership records', () => {
      const attempt = attemptOf([desired(A)], [managed(`${B} 443`)]);
      expect(drift(attempt, B)).toEqual([]);
      expect(applied(attempt).drift).toEqual([]);
    });
  });

  describe('that failed', () => {
    const error = 'no access';
    const failed = quietTarget({
      id: 'sg-1',
      kind: 'security-group',
      outcome: 'failed',
      error,
      apiCalls: 4,
      throttled: 1,
    });
    const attempt = attemptOf([desired(A), desired(B)], [managed('34.0.0.7/32 443')]);

    it('has its error', () => {
      expect(unreadResult({ ...group, apiCalls: 2 }, error)).toEqual({ ...failed, apiCalls: 2 });
      expect(unreadResult({ id: 'sg-1', kind: 'security-group' }, error)).toEqual({
        ...failed,
        apiCalls: 0,
        throttled: 0,
      });
    });

    it('lists the changes made before the failure, by region too, and none of others', () => {
      const after = [managed(`${A} 443`), managed('34.0.0.7/32 443'), unrecorded('34.0.0.8/32 443')];
      const part = { removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
      expect(failedResult([attempt], error, after)).toEqual({
        ...failed,
        added: [A],
        byRegion: [
          { ...part, region: 'us', inForce: 2, added: [A] },
          { ...part, region: 'unknown', inForce: 1, added: [] },
        ],
      });
    });

    it('lists no change if the target could not be read again', () => {
      expect(failedResult([attempt], error)).toEqual(failed);
    });
  });
});
