import { type IntercomRegion, isIntercomRegion } from '../../shared/intercom-regions';
import { HOUR_MS } from '../../shared/time';
import type { CurrentEntry, Port } from './entries';

/** The input of the rules for a single removal, in addition to the entry. */
export interface RemovalContext {
  /** The Intercom regions that the operator configured. */
  readonly intercomRegions: readonly IntercomRegion[];
  readonly ports: readonly Port[];
  /** Why nothing of an Intercom region may be removed in this run. */
  readonly distrustReasons: ReadonlyMap<IntercomRegion, string>;
  /** Intercom regions whose feed no run read for days: a range that was absent may have been published in between. */
  readonly missedUpdates: ReadonlySet<IntercomRegion>;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** How long a range must be absent before it is removed. */
  readonly removalGraceHours: number;
  /** Whether the target is exclusive and the state has its ownership records. */
  readonly ownershipComplete: boolean;
}

/** The result of the rules for a single removal. */
export type RemovalRuling =
  | { readonly kind: 'exempt' }
  | { readonly kind: 'eligible' }
  | { readonly kind: 'pending'; readonly absentSince: string; readonly removeAfter: string }
  | { readonly kind: 'deferred'; readonly reason: string };

/**
 * The rules for a single removal, the first that applies:
 *
 *     the operator removed its region, port or range  exempt: it is their decision
 *     other entries still allow all of its addresses  exempt: no address is blocked
 *     a feed of its regions is untrusted              deferred: an untrusted feed can add ranges but never remove them
 *     unrecorded, in an exclusive target              exempt: somebody else added it
 *     absent for less than the grace period           pending
 *     otherwise                                       eligible: the limits for the whole plan decide
 */
export function ruleRemoval(entry: CurrentEntry, staysAllowed: boolean, context: RemovalContext): RemovalRuling {
  if (isOperatorsAct(entry, context) || staysAllowed) return { kind: 'exempt' };
  const intercomRegions = regionsOf(entry, context.intercomRegions);
  const distrusted = intercomRegions.find((region) => context.distrustReasons.has(region));
  if (distrusted) {
    return {
      kind: 'deferred',
      reason: `the ${distrusted} feed is untrusted: ${context.distrustReasons.get(distrusted)}`,
    };
  }
  const hasMissedUpdates = intercomRegions.some((region) => context.missedUpdates.has(region));
  // After missed updates, an entry without a record may be a managed one whose record was lost.
  if (!entry.ownership && context.ownershipComplete && !hasMissedUpdates) return { kind: 'exempt' };
  const absentSince = (hasMissedUpdates ? undefined : entry.ownership?.absentSince) ?? context.now;
  const removeAfter = endOfGrace(absentSince, context.removalGraceHours);
  if (Date.parse(removeAfter) <= Date.parse(context.now)) return { kind: 'eligible' };
  return { kind: 'pending', absentSince, removeAfter };
}

/** When a range that has been absent since then may be removed. Both times are ISO 8601, UTC. */
export function endOfGrace(absentSince: string, removalGraceHours: number): string {
  return new Date(Date.parse(absentSince) + removalGraceHours * HOUR_MS).toISOString();
}

/** The configured Intercom regions of an entry; all of them if its record is missing. */
function regionsOf({ ownership }: CurrentEntry, configured: readonly IntercomRegion[]): readonly IntercomRegion[] {
  return ownership && ownership.intercomRegions.length > 0
    ? ownership.intercomRegions.filter(isIntercomRegion)
    : configured;
}

/** No other rule applies to entries of a region, port or extra range that the operator removed from the configuration. */
function isOperatorsAct({ ownership, port }: CurrentEntry, { intercomRegions, ports }: RemovalContext): boolean {
  const of: readonly string[] = ownership?.intercomRegions ?? [];
  const configured: readonly string[] = intercomRegions;
  const retired = of.length > 0 && of.every((source) => !configured.includes(source));
  return retired || !ports.includes(port);
}
