import fc from 'fast-check';
import type { CurrentEntry, DesiredRange } from '../../../lambda/core/plan/entries';
import { fitDecision } from '../../../lambda/core/plan/fit';
import { ownershipAfter } from '../../../lambda/core/plan/ownership';
import { desireRanges, plan } from '../../../lambda/core/plan/plan';
import type { PolicyContext } from '../../../lambda/core/plan/policy';
import { formatRange } from '../../../lambda/core/ranges/range';
import { anyCurrent, anyFeeds, context, desired, managed, NOW, textsOf } from './builders';

const HOUR_AGO = '2026-06-30T07:05:00.000Z';
const [A, B, C, WIDE] = ['34.0.0.0/32', '34.0.0.2/32', '34.0.0.4/32', '45.0.0.0/23'];

function fitted(
  wanted: readonly DesiredRange[],
  current: readonly CurrentEntry[],
  limit: number,
  overrides: Partial<PolicyContext> = {},
) {
  const policy = context({ hasRecords: true, ...overrides });
  const used = { 4: 0, 6: 0 };
  for (const { range } of current) used[range.family]++;
  const fitting = fitDecision(plan(wanted, policy.ports, current), policy, { limit, used, name: 'rules' });
  const known = current.flatMap(({ ownership }) => ownership ?? []);
  return { ...fitting, ownedAfter: ownershipAfter(fitting.decision, wanted, known, policy) };
}

describe('changes that do not fit', () => {
  it('are not made, and the removals that will make room are pending and recorded', () => {
    const { decision, sequence, quotaError, ownedAfter } = fitted(
      [desired(A), desired(C)],
      [managed(A), managed(B)],
      2,
      {
        removalGraceHours: 24,
      },
    );
    expect(sequence).toEqual({ steps: [], removedFirst: [] });
    expect(decision.changes).toMatchObject({ add: [], remove: [] });
    expect(decision.pending).toMatchObject([{ absentSince: NOW }]);
    expect(quotaError).toMatch(
      /^3 entries would be needed, 1 of them only until their pending removal, and 2 are allowed/,
    );
    expect(ownedAfter).toMatchObject([{ absentSince: NOW }, {}]);
  });

  it('leave removals that were to be made with their records', () => {
    const wanted = [desired(A), desired(C), desired('34.0.0.6/32')];
    const { decision, ownedAfter } = fitted(wanted, [managed(A), managed(B, ['us'], HOUR_AGO)], 2);
    expect(decision.deferred).toMatchObject([{ reason: 'the changes do not fit into the target' }]);
    expect(ownedAfter.map(({ range }) => formatRange(range)).sort()).toEqual([A, B]);
    expect(ownedAfter).toContainEqual(expect.objectContaining({ absentSince: HOUR_AGO }));
  });

  it('are told from a defect, which is thrown', () => {
    const capacity = { limit: 2, name: 'rules' } as Parameters<typeof fitDecision>[2];
    expect(() => fitDecision(plan([desired(A)], [undefined], []), context(), capacity)).toThrow(TypeError);
  });

  it('and await approval do not stop the others, and the error does not say that nothing was written', () => {
    const wanted = [desired(A), desired(B), desired(WIDE)];
    const { decision, sequence, quotaError } = fitted(wanted, [managed(A)], 2);
    expect(textsOf(sequence.steps.flatMap(({ add }) => add))).toEqual([B]);
    expect(textsOf(decision.awaitingApproval.add)).toEqual([WIDE]);
    expect(quotaError).toBe(
      'The changes that await approval do not fit: 3 entries would be needed, and 2 are allowed (rules). They are not applied, approved or ' +
        'not: notifications from the new ranges among them are blocked. Other changes do not wait for them. Raise the limit or remove ' +
        'entries that this stack does not manage, then invoke the sync again',
    );
  });

  it('are not made if they are approved, and the others are', () => {
    const wanted = [desired(A), desired(B), desired(WIDE)];
    const { planId } = fitted(wanted, [managed(A)], 3).decision;
    const { decision, sequence, quotaError } = fitted(wanted, [managed(A)], 2, { approved: planId });
    expect(textsOf(sequence.steps.flatMap(({ add }) => add))).toEqual([B]);
    expect(decision).toMatchObject({ approved: false, planId });
    expect(quotaError).toMatch(/^The changes that await approval do not fit: 3 entries/);
  });

  it('and await approval are found also where a single entry fills the target', () => {
    const current = [managed(A)];
    const { sequence, quotaError } = fitted([desired(B)], current, 1, { maxRemovalShare: 0.4 });
    expect(sequence.steps).toEqual([]);
    expect(quotaError).toMatch(/^2 entries would be needed, and 1 are allowed/);
  });
});

it('a decision for a target that is full loses no record of an entry that stays', () => {
  const anyCase = fc.record({
    current: anyCurrent([undefined]),
    feeds: anyFeeds,
    limit: fc.integer({ min: 1, max: 12 }),
    removalGraceHours: fc.constantFrom(0, 24),
    maxRemovalShare: fc.constantFrom(0, 0.5, 1),
  });
  fc.assert(
    fc.property(anyCase, ({ current, feeds, limit, ...overrides }) => {
      const { decision, sequence, quotaError, ownedAfter } = fitted(desireRanges(feeds), current, limit, overrides);
      fc.pre(quotaError !== undefined && sequence.steps.length === 0);
      expect(decision.changes).toMatchObject({ add: [], remove: [] });
      const recorded = ownedAfter.map(({ range }) => formatRange(range)).sort();
      const stays = current.filter((entry) => entry.managed).map(({ range }) => formatRange(range));
      expect(recorded).toEqual([...new Set(stays)].sort());
    }),
    { numRuns: 300 },
  );
});
