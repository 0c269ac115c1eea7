import { dayAndTime } from '../../shared/time';
import type { FeedResult, TargetResult } from './run-record';

/** A plan that an operator declined. It is left alone, and no longer alarms. */
export interface Decline {
  readonly planId: string;
  /** Who declined it, as the caller said. */
  readonly by: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A result in which a declined plan no longer awaits approval. Its changes stay undone, and are still listed. */
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
 * anew. A target that failed and an untrusted feed tell nothing about a plan, so they end no decline.
 */
export function declinesAfter(
  declines: readonly Decline[],
  targets: readonly TargetResult[],
  feeds: readonly Pick<FeedResult, 'error'>[],
): Decline[] {
  const isKnown = targets.every(({ outcome }) => outcome !== 'failed') && feeds.every(({ error }) => error === null);
  return declines.filter(({ planId }) => {
    const isThere = targets.some(({ declined }) => declined === planId);
    const isApproved = targets.some(({ approved }) => approved === planId);
    return isThere || !(isKnown || isApproved);
  });
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
