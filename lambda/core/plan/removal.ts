import type { IntercomRegion } from '../../shared/intercom-regions';
import { HOUR_MS } from '../../shared/time';
import type { CurrentEntry, Port } from './entries';

/** What the rules for a single removal judge by. */
export interface RemovalContext {
  /** The regions that the operator configured. */
  readonly intercomRegions: readonly IntercomRegion[];
  readonly ports: readonly Port[];
  /** Why nothing of a region may be removed in this run. */
  readonly distrustReasons: ReadonlyMap<IntercomRegion, string>;
  /** Regions whose feed was not seen for days: what was absent then may have been there in between. */
  readonly missedUpdates: ReadonlySet<IntercomRegion>;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** How long a range must be absent before it is removed. */
  readonly removalGraceHours: number;
  /** Whether everything in the target is ours and the state knows all that we put there. */
  readonly ownershipComplete: boolean;
}

/** What becomes of a planned removal, as far as the entry itself decides it. */
export type RemovalRuling =
  | { readonly kind: 'exempt' }
  | { readonly kind: 'eligible' }
  | { readonly kind: 'pending'; readonly absentSince: string; readonly removeAfter: string }
  | { readonly kind: 'deferred'; readonly reason: string };

/**
 * The rules for a single removal, the first that applies:
 *
 *     the operator took its region or port out        free: it is their own act
 *     every address of it keeps its way in            free: nothing is withdrawn
 *     a region of it is in doubt                      held: doubt adds but never removes
 *     a stranger's, in a target that is wholly ours   free: it was never ours to keep
 *     absent for less than the grace                  pending
 *     otherwise                                       due: it may go, if the plan as a whole may
 */
export function ruleRemoval(entry: CurrentEntry, keepsWayIn: boolean, context: RemovalContext): RemovalRuling {
  if (isOperatorsAct(entry, context) || keepsWayIn) return { kind: 'exempt' };
  const intercomRegions = regionsOf(entry, context.intercomRegions);
  const distrusted = intercomRegions.find((region) => context.distrustReasons.has(region));
  if (distrusted) {
    return {
      kind: 'deferred',
      reason: `the ${distrusted} feed is in doubt: ${context.distrustReasons.get(distrusted)}`,
    };
  }
  const hasMissedUpdates = intercomRegions.some((region) => context.missedUpdates.has(region));
  // After a gap an entry that nothing remembers may as well be one of ours that the state lost.
  if (!entry.ownership && context.ownershipComplete && !hasMissedUpdates) return { kind: 'exempt' };
  const absentSince = (hasMissedUpdates ? undefined : entry.ownership?.absentSince) ?? context.now;
  const removeAfter = endOfGrace(absentSince, context.removalGraceHours);
  if (Date.parse(removeAfter) <= Date.parse(context.now)) return { kind: 'eligible' };
  return { kind: 'pending', absentSince, removeAfter };
}

/** When a range that is absent since then may go. Both times are ISO 8601, UTC. */
export function endOfGrace(absentSince: string, removalGraceHours: number): string {
  return new Date(Date.parse(absentSince) + removalGraceHours * HOUR_MS).toISOString();
}

/** The configured regions that an entry is of; all of them where nothing remembers. */
function regionsOf({ ownership }: CurrentEntry, configured: readonly IntercomRegion[]): readonly IntercomRegion[] {
  return ownership && ownership.intercomRegions.length > 0 ? ownership.intercomRegions : configured;
}

/** A region or port that the operator took out of the configuration leaves without any rule. */
function isOperatorsAct({ ownership, port }: CurrentEntry, { intercomRegions, ports }: RemovalContext): boolean {
  const of = ownership?.intercomRegions ?? [];
  const retired = of.length > 0 && of.every((region) => !intercomRegions.includes(region));
  return retired || !ports.includes(port);
}
