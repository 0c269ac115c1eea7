import type { OwnershipRecord } from '../../lambda/core/plan/entries';
import { formatRange, parseRange } from '../../lambda/core/ranges/range';
import type { IntercomRegion } from '../../lambda/shared/intercom-regions';
import { missedUpdatesItem, NO_MESSAGES, type State, stateIn } from '../../lambda/sync/state/items';
import { contextFor, isSaved, unplannedState } from '../../lambda/sync/unplanned';
import { context, desired, NOW, ownershipOf } from '../core/plan/builders';

const [A, B] = ['34.0.0.0/32', '34.0.0.2/32'];
const record = (text: string, absentSince?: string): OwnershipRecord =>
  ownershipOf(parseRange(text), ['us'], absentSince);

function stateOf(owned: Record<string, OwnershipRecord[]>, missedUpdates = new Map<string, IntercomRegion[]>()): State {
  return {
    feeds: new Map(),
    owned: new Map(Object.entries(owned)),
    missedUpdates,
    declines: [],
    messages: NO_MESSAGES,
  };
}

/** The plan context of a run that wants A. */
function wanting(...missed: IntercomRegion[]) {
  const { targetId: _, ports: _ports, ...policy } = context({ missedUpdates: new Set(missed) });
  return { desired: [desired(A)], desiredWithExtra: [desired(A)], policy, describe: () => '' };
}

describe('a target that a run could not plan', () => {
  it('has no desired range that counts as absent', () => {
    const state = stateOf({ set: [record(A, NOW), record(B, NOW)], planned: [record(A, NOW)] });
    const { records } = unplannedState(state, new Set(['planned']), wanting());
    const texts = [...records].map(([id, owned]) => [
      id,
      ...owned.map((one) => `${formatRange(one.range)} ${one.absentSince}`),
    ]);
    expect(texts).toEqual([['set', `${A} undefined`, `${B} ${NOW}`]]);
  });

  it('keeps the updates that it missed until it is planned, for itself only', () => {
    const state = stateOf({ set: [record(A)], planned: [record(A)] }, new Map([['set', ['eu']]]));
    const { missedUpdates } = unplannedState(state, new Set(['planned']), wanting('us'));
    expect([...missedUpdates]).toEqual([['set', ['us', 'eu']]]);
    const next = { ...state, missedUpdates };
    expect([...contextFor('set', wanting(), next).policy.missedUpdates]).toEqual(['us', 'eu']);
    expect([...contextFor('planned', wanting(), next).policy.missedUpdates]).toEqual([]);
    expect(isSaved(unplannedState(next, new Set(['planned']), wanting()), next)).toBe(true);
    const both = unplannedState(next, new Set(['planned', 'set']), wanting());
    expect(both.missedUpdates.size).toBe(0);
    expect(isSaved(both, next)).toBe(false);
  });

  it('has nothing to save if nothing changed', () => {
    const state = stateOf({ set: [record(A), record(B, NOW)] });
    expect(isSaved(unplannedState(state, new Set(), wanting()), state)).toBe(true);
  });

  it('keeps its missed updates in the state table as they were saved', () => {
    const missed = new Map<string, IntercomRegion[]>([['set', ['us', 'au']]]);
    expect(stateIn([missedUpdatesItem(missed)]).missedUpdates).toEqual(missed);
  });
});
