import { DISCOVERY_FAILURE } from '../../shared/constants';
import { dayAndTime } from '../../shared/time';
import type { FeedResult, RegionResult, TargetResult } from './run-record';

/** A plan that an operator declined. It is left alone, and no longer alarms. */
export interface Decline {
  readonly planId: string;
  /** Who declined it, as the caller said. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The target of the plan, and the regions of its ranges. Known once the plan was seen. */
  readonly targetId?: string | undefined;
  readonly regions?: readonly RegionResult['region'][] | undefined;
}

/** A result in which a declined plan no longer awaits approval. Its changes are not applied, and are still listed. */
export function markDeclined(result: TargetResult, declines: readonly Decline[]): TargetResult {
  const decline = declines.find(({ planId }) => planId === result.planId);
  if (!decline) return result;
  return {
    ...result,
    outcome: result.outcome === 'awaiting-approval' ? 'in-sync' : result.outcome,
    planId: null,
    declined: decline.planId,
    declinedBy: decline.by,
    declinedAt: decline.at,
    error: null,
  };
}

/**
 * The declines to keep. One lasts for as long as its plan does. If its plan became another one and comes back later, it awaits approval
 * anew. As long as its target fails or the feed of one of its regions is untrusted, the plan may be hidden, and the decline does not end.
 */
export function declinesAfter(
  declines: readonly Decline[],
  targets: readonly TargetResult[],
  feeds: readonly Pick<FeedResult, 'region' | 'error'>[],
): Decline[] {
  return declines.flatMap((decline) => {
    const { planId } = decline;
    const target = targets.find(({ declined }) => declined === planId);
    if (target) return [{ ...decline, targetId: target.id, regions: regionsAwaiting(target) }];
    const isApproved = targets.some(({ approved }) => approved === planId);
    const mayBeHidden = isUnread(decline, targets) || isDistrusted(decline, feeds);
    return mayBeHidden && !isApproved ? [decline] : [];
  });
}

function regionsAwaiting({ byRegion }: TargetResult): RegionResult['region'][] {
  return byRegion
    .filter(({ awaitingApproval: { added, removed } }) => added.length + removed.length > 0)
    .map(({ region }) => region);
}

function isUnread({ targetId }: Decline, targets: readonly TargetResult[]): boolean {
  const target = targets.find(({ id }) => id === targetId) ?? targets.find(({ id }) => id === DISCOVERY_FAILURE);
  return target?.outcome === 'failed';
}

/** A range of unknown region may be of any. */
function isDistrusted({ regions = [] }: Decline, feeds: readonly Pick<FeedResult, 'region' | 'error'>[]): boolean {
  return feeds.some(({ region, error }) => error !== null && (regions.includes(region) || regions.includes('unknown')));
}

/** `plan 0123456789ab was declined by Ann on 2026-11-26 09:05 UTC` */
export function declinedText({
  declined,
  declinedBy,
  declinedAt,
}: Pick<TargetResult, 'declined' | 'declinedBy' | 'declinedAt'>): string {
  const at = declinedAt === null ? '' : ` on ${dayAndTime(declinedAt)}`;
  return `plan ${declined} was declined by ${declinedBy}${at}`;
}
