import type { CurrentEntry, DesiredRange, OwnershipRecord } from '../../../lambda/core/plan/entries';
import { plan } from '../../../lambda/core/plan/plan';
import { applyPolicy, type PolicyContext } from '../../../lambda/core/plan/policy';
import { sequenceChanges } from '../../../lambda/core/plan/sequence';
import { parseRange } from '../../../lambda/core/ranges/range';
import { type TargetOutcome, toReport } from '../../../lambda/core/report/report';
import type { RunRecord, TargetResult } from '../../../lambda/core/report/run-record';
import type { TargetPlan } from '../../../lambda/sync/reconcile';
import type { SyncMode } from '../../../lambda/sync/settings';
import type { Target } from '../../../lambda/sync/targets/target';
import { context, desired, forgotten, managed, NOW, others } from '../plan/builders';
import { freshFeed, quietTarget } from './builders';

describe('toReport', () => {
  const unused = async () => {
    throw new Error('A report reads and writes no target');
  };
  const group: Target = {
    id: 'sg-1',
    kind: 'security-group',
    exclusive: false,
    ports: [443],
    apiCalls: 4,
    read: unused,
    apply: unused,
  };

  /** A target that allows `current`, when `wanted` is desired. */
  function targetPlanOf(
    wanted: readonly DesiredRange[],
    current: readonly CurrentEntry[],
    overrides: Partial<PolicyContext> = {},
    limit = 60,
  ): TargetPlan {
    const judgedBy = context({ targetId: group.id, ports: group.ports, intercomRegions: ['us'], ...overrides });
    const decision = applyPolicy(plan(wanted, judgedBy.ports, current), judgedBy);
    const capacity = { limit, used: { 4: current.length, 6: 0 }, name: 'rules' };
    const sequence = sequenceChanges(decision.changes, capacity, current.length);
    const snapshot = { entries: current, families: [4] as const, capacity };
    return { target: group, snapshot, decision, sequence, unfit: undefined, ownedAfter: [] };
  }

  const planned = (first: TargetPlan, last = first, owned?: readonly OwnershipRecord[]): TargetOutcome => ({
    kind: 'planned',
    attempts: first === last ? [first] : [first, last],
    owned,
  });
  const owning = (...ranges: string[]): OwnershipRecord[] =>
    ranges.map((range) => ({ range: parseRange(range), intercomRegions: ['us'], addedAt: '2026-06-29T09:00:00.000Z' }));
  const targetOf = (outcome: TargetOutcome, mode: SyncMode = 'apply') =>
    toReport('run-1', mode, [], [outcome]).targets[0];

  const A = '34.0.0.0/32';
  const B = '34.0.0.1/32';
  const distrustedIn = { distrustReasons: new Map([['us' as const, 'old']]) };

  it('reports a feed with its ranges as texts, and why it is in doubt', () => {
    const rejected = [{ range: '10.0.0.1', reason: 'not globally routable (private)' }];
    const reading = {
      region: 'us',
      status: 'fresh',
      ranges: [parseRange(A)],
      rejected,
      missedUpdates: false,
      accept: undefined,
    } as const;
    const { feeds } = toReport(
      'run-1',
      'apply',
      [{ ...reading, date: undefined, distrustReason: 'one was refused' }],
      [],
    );
    expect(feeds).toEqual([freshFeed({ date: null, ranges: [A], rejected, error: 'one was refused' })]);
  });

  test.each<[string, TargetOutcome, SyncMode, Partial<TargetResult>]>([
    [
      'nothing to do is in sync',
      planned(targetPlanOf([desired(A)], [managed(`${A} 443`)])),
      'apply',
      { outcome: 'in-sync' },
    ],
    [
      'what was applied is changed',
      planned(targetPlanOf([desired(A)], [managed(`${B} 443`)])),
      'apply',
      { outcome: 'changed', added: [A], removed: [B] },
    ],
    [
      'what would be applied is planned',
      planned(targetPlanOf([desired(A)], [managed(`${B} 443`)])),
      'plan',
      { outcome: 'planned', added: [A], removed: [B] },
    ],
    [
      'a target that would be emptied is refused',
      planned(targetPlanOf([], [managed(`${A} 443`)])),
      'apply',
      {
        outcome: 'awaiting-approval',
        deferred: [{ range: A, reason: 'a target is never emptied' }],
        error: expect.stringContaining('would leave the target empty'),
      },
    ],
    [
      'what doubt holds is no change',
      planned(targetPlanOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], distrustedIn)),
      'apply',
      { outcome: 'in-sync', deferred: [{ range: B, reason: 'the us feed is in doubt: old' }] },
    ],
    [
      'what waits is no change, and is announced',
      planned(targetPlanOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], { removalGraceHours: 24 })),
      'apply',
      {
        outcome: 'in-sync',
        pendingRemoval: [{ range: B, absentSince: NOW, removeAfter: '2026-07-01T08:05:00.000Z' }],
      },
    ],
    [
      'what needs an approval is refused, with all that there is to know',
      planned(targetPlanOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], { maxRemovalShare: 0.4 })),
      'apply',
      {
        outcome: 'awaiting-approval',
        awaitingApproval: { added: [], removed: [B] },
        planId: expect.stringMatching(/^[0-9a-f]{12}$/),
        error: expect.stringMatching(
          /^Refused until it is approved: removing 1 of 2 US ranges, over a share of 0\.4\. .* still let in\. .* {"approve":"[0-9a-f]{12}"}$/,
        ),
      },
    ],
    [
      'what needs an approval beside a change is a change that says so',
      planned(targetPlanOf([desired(A), desired('40.0.0.0/23', ['eu'])], [], { intercomRegions: ['us', 'eu'] })),
      'apply',
      {
        outcome: 'changed',
        added: [A],
        awaitingApproval: { added: ['40.0.0.0/23'], removed: [] },
        planId: expect.stringMatching(/^[0-9a-f]{12}$/),
        error: expect.stringContaining('notifications from the new ranges are blocked until then'),
      },
    ],
    [
      'what was removed first to make room is named',
      planned(targetPlanOf([desired(A)], [managed(`${B} 443`), managed('34.0.0.2/32 443')], {}, 2)),
      'apply',
      { outcome: 'changed', added: [A], removed: [B, '34.0.0.2/32'], removedFirst: [B] },
    ],
    [
      'what others cover is no change',
      planned(targetPlanOf([desired(A)], [others('34.0.0.0/24 443')])),
      'apply',
      { outcome: 'in-sync' },
    ],
    [
      'a range at several ports is one range',
      planned(targetPlanOf([desired(A)], [managed(`${B} 443`), managed(`${B} 80`)])),
      'apply',
      { outcome: 'changed', added: [A], removed: [B] },
    ],
  ])('%s', (_rule, outcome, mode, expected) => {
    expect({ ...targetOf(outcome, mode), byRegion: [] }).toEqual(
      quietTarget({ id: 'sg-1', kind: 'security-group', apiCalls: 4, ...expected }),
    );
  });

  describe('splits what it says by region:', () => {
    const nothing = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
    const intercomRegions = { intercomRegions: ['us' as const, 'eu' as const] };

    test.each<[string, TargetPlan, SyncMode, TargetResult['byRegion']]>([
      [
        'what is in force, also of a region in which nothing changed',
        targetPlanOf(
          [desired(A), desired(B, ['eu'])],
          [managed(`${A} 443`), managed(`${B} 443`, ['eu'])],
          intercomRegions,
        ),
        'apply',
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'eu', inForce: 1 },
        ],
      ],
      [
        'a range of two regions in both',
        targetPlanOf([desired(A, ['us', 'eu'])], [], intercomRegions),
        'apply',
        [
          { ...nothing, region: 'us', inForce: 1, added: [A] },
          { ...nothing, region: 'eu', inForce: 1, added: [A] },
        ],
      ],
      [
        'what goes by the region that it was of',
        targetPlanOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`, ['eu'])], intercomRegions),
        'apply',
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'eu', inForce: 0, removed: [B] },
        ],
      ],
      [
        'in a plan what is in force now',
        targetPlanOf([desired(A), desired(B)], [managed(`${A} 443`)]),
        'plan',
        [{ ...nothing, region: 'us', inForce: 1, added: [B] }],
      ],
      [
        'what nothing remembers apart',
        targetPlanOf([desired(A)], [managed(`${A} 443`), forgotten(`${B} 443`)], { removalGraceHours: 24 }),
        'apply',
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'unknown', inForce: 1, pendingRemoval: [B] },
        ],
      ],
      [
        'what waits for approval by the region that publishes it',
        targetPlanOf([desired(A), desired('40.0.0.0/23', ['eu'])], [managed(`${A} 443`)], intercomRegions),
        'apply',
        [
          { ...nothing, region: 'us', inForce: 1 },
          { ...nothing, region: 'eu', inForce: 0, awaitingApproval: { added: ['40.0.0.0/23'], removed: [] } },
        ],
      ],
    ])('%s', (_rule, planTarget, mode, expected) => {
      expect(targetOf(planned(planTarget), mode)?.byRegion).toEqual(expected);
    });
  });

  it('says which plan was approved, and no longer that it waits', () => {
    const given = [[desired(A)], [managed(`${A} 443`), managed(`${B} 443`)]] as const;
    const { planId } = targetPlanOf(...given, { maxRemovalShare: 0 }).decision;
    const approved = planned(targetPlanOf(...given, { maxRemovalShare: 0, approved: planId }));
    expect(targetOf(approved)).toMatchObject({
      outcome: 'changed',
      removed: [B],
      approved: planId,
      planId: null,
      error: null,
    });
  });

  it('a plan that would not fit once approved is a failure, not a plan that waits', () => {
    const planTarget = { ...targetPlanOf([desired('40.0.0.0/23')], []), unfit: '61 entries would be needed' };
    expect(targetOf(planned(planTarget))).toMatchObject({
      outcome: 'failed',
      planId: null,
      awaitingApproval: { added: ['40.0.0.0/23'] },
      error: '61 entries would be needed',
    });
  });

  it('reports what the tries before the last one did as well', () => {
    const first = targetPlanOf([desired(A), desired(B)], [managed(`${A} 443`)]);
    const last = targetPlanOf([desired(A), desired(B)], [managed(`${A} 443`), managed(`${B} 443`)]);
    expect(targetOf(planned(first, last))).toMatchObject({ outcome: 'changed', added: [B], removed: [] });
  });

  it('reports nothing that somebody else did in between', () => {
    const first = targetPlanOf([desired(A)], [managed(`${A} 443`), managed(`${B} 443`)], { removalGraceHours: 24 });
    const last = targetPlanOf([desired(A)], [managed(`${A} 443`), managed('34.0.0.7/32 443')], {
      removalGraceHours: 24,
    });
    expect(targetOf(planned(first, last))).toMatchObject({ outcome: 'in-sync', added: [], removed: [] });
  });

  it('calls drift what was ours and had to come back, and what nobody put there for us', () => {
    const stranger = '34.0.0.9/32';
    const planTarget = targetPlanOf([desired(A), desired(B)], [managed(`${A} 443`), forgotten(`${stranger} 443`)]);
    expect(targetOf(planned(planTarget, planTarget, owning(A, B)))).toMatchObject({ drift: [B, stranger] });
  });

  it('calls no new port drift', () => {
    const planTarget = targetPlanOf([desired(A)], [managed(`${A} 443`)], { ports: [443, 8443] });
    expect(targetOf(planned(planTarget, planTarget, owning(A)))).toMatchObject({ added: [A], drift: [] });
  });

  it('lists a hundred refusals and counts the rest', () => {
    const rejected = Array.from({ length: 250 }, (_, i) => ({ range: `x${i}`, reason: 'not an address or CIDR' }));
    const reading = {
      region: 'us',
      status: 'fresh',
      date: undefined,
      ranges: [],
      rejected,
      distrustReason: undefined,
      missedUpdates: false,
    } as const;
    const [first] = toReport('run', 'apply', [{ ...reading, accept: undefined }], []).feeds;
    expect(first?.rejected).toHaveLength(101);
    expect(first?.rejected.at(-1)).toEqual({ range: '...', reason: 'and 150 more rejected' });
  });

  it('calls nothing drift that the feed changed, nor anything before it knows what is ours', () => {
    const planTarget = targetPlanOf([desired(A)], [managed(`${B} 443`)]);
    expect(targetOf(planned(planTarget, planTarget, owning(B)))).toMatchObject({ added: [A], removed: [B], drift: [] });
    expect(targetOf(planned(planTarget, planTarget, undefined))).toMatchObject({ drift: [] });
  });

  it('reports a failed target with its error', () => {
    const error = 'no access';
    expect(targetOf({ kind: 'failed', target: { id: 'sg-1', kind: 'security-group', error, apiCalls: 2 } })).toEqual(
      quietTarget({ id: 'sg-1', kind: 'security-group', outcome: 'failed', error, apiCalls: 2 }),
    );
    expect(targetOf({ kind: 'failed', target: { id: 'sg-1', kind: 'security-group', error } })).toMatchObject({
      apiCalls: 0,
    });
  });

  const inSync = planned(targetPlanOf([desired(A)], [managed(`${A} 443`)]));
  const awaitingApproval = planned(targetPlanOf([], [managed(`${A} 443`)]));
  const changing = planned(targetPlanOf([desired(A)], []));
  const failing: TargetOutcome = { kind: 'failed', target: { id: 'sg-2', kind: 'security-group', error: 'no access' } };

  test.each<[string, readonly TargetOutcome[], SyncMode, RunRecord['outcome']]>([
    ['in sync with no target', [], 'apply', 'in-sync'],
    ['in sync if every target is', [inSync, inSync], 'apply', 'in-sync'],
    ['changed if one target is', [inSync, awaitingApproval, changing], 'apply', 'changed'],
    ['planned if one target is', [inSync, changing], 'plan', 'planned'],
    ['refused if one target is and none changed', [inSync, awaitingApproval], 'apply', 'awaiting-approval'],
    ['failed if one target is, whatever the others are', [failing, changing], 'apply', 'failed'],
  ])('a run is %s', (_rule, outcomes, mode, outcome) => {
    expect(toReport('run-1', mode, [], outcomes)).toMatchObject({ runId: 'run-1', mode, outcome });
  });
});
