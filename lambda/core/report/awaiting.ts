import { declinedText } from './declines';
import type { TargetResult } from './run-record';

/** Whether changes of the target await approval, or are blocked so that no approval can apply them. */
export function isAwaitingApproval({ outcome, planId }: Pick<TargetResult, 'outcome' | 'planId'>): boolean {
  return outcome === 'awaiting-approval' || planId !== null;
}

/** Whether a rule keeps changes from a target, and no approval can release them. `error` says why. */
export function isBlocked({ outcome, planId, error }: Pick<TargetResult, 'outcome' | 'planId' | 'error'>): boolean {
  return error !== null && planId === null && outcome !== 'failed';
}

/** Why the changes in `awaitingApproval` were not made: `plan 0123456789ab awaits approval` */
export function whyUndone(target: Pick<TargetResult, 'planId' | 'declined' | 'declinedBy' | 'declinedAt'>): string {
  if (target.declined !== null) return declinedText(target);
  // A plan that could not be applied has no id to approve it by.
  return target.planId === null ? 'the plan does not fit into the target' : `plan ${target.planId} awaits approval`;
}
