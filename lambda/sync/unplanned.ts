import { isDeepStrictEqual } from 'node:util';
import type { OwnershipRecord } from '../core/plan/entries';
import { presentAgain } from '../core/plan/ownership';
import { INTERCOM_REGIONS } from '../shared/intercom-regions';
import type { PlanContext } from './reconcile';
import { type MissedUpdates, type State, sameOwned } from './state/items';

/** What a run saves of the targets whose plans it could not make or save, so that a later run removes nothing of them too early. */
export interface UnplannedState {
  /** The ownership records that change, by target id. */
  readonly records: ReadonlyMap<string, readonly OwnershipRecord[]>;
  readonly missedUpdates: MissedUpdates;
}

/**
 * A range that is published now is no longer absent, and a feed that was not read for days counts as such until each target was planned
 * with it: the other targets may use up that signal, because the run accepts the feed.
 *
 * @param planned the ids of the targets that were planned, and whose plan was saved
 */
export function unplannedState(
  state: State,
  planned: ReadonlySet<string>,
  { desiredWithExtra, policy }: Pick<PlanContext, 'desiredWithExtra' | 'policy'>,
): UnplannedState {
  const records = new Map<string, readonly OwnershipRecord[]>();
  const missedUpdates = new Map<string, MissedRegions>();
  for (const [id, before] of state.owned) {
    if (planned.has(id)) continue;
    const after = presentAgain(before, desiredWithExtra);
    if (!sameOwned(before, after)) records.set(id, after);
    const earlier = state.missedUpdates?.get(id) ?? [];
    const regions = INTERCOM_REGIONS.filter((region) => policy.missedUpdates.has(region) || earlier.includes(region));
    if (regions.length > 0) missedUpdates.set(id, regions);
  }
  return { records, missedUpdates };
}

/** The context of one target, which may have missed updates that the others have not. */
export function contextFor<C extends PlanContext>(targetId: string, context: C, { missedUpdates }: State): C {
  const missed = new Set([...context.policy.missedUpdates, ...(missedUpdates?.get(targetId) ?? [])]);
  return { ...context, policy: { ...context.policy, missedUpdates: missed } };
}

type MissedRegions = NonNullable<ReturnType<MissedUpdates['get']>>;

/** Whether the state has all of it already. */
export function isSaved({ records, missedUpdates }: UnplannedState, state: State): boolean {
  return records.size === 0 && isDeepStrictEqual(missedUpdates, state.missedUpdates ?? new Map());
}
