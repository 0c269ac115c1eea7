import type { Decline } from '../core/report/declines';
import {
  AlreadyDeclinedError,
  DeclinedMeanwhileError,
  NoSuchPlanError,
  UncheckedPlanError,
} from '../core/report/errors';
import type { TargetResult } from '../core/report/run-record';
import { callerOf } from '../shared/caller';
import type { SyncRequest } from './settings';
import type { State } from './state/items';

/**
 * Whether the plan that the request approves or declines is among those that await approval.
 *
 * @throws NoSuchPlanError @throws UncheckedPlanError
 */
export function assertAnswered({ approve, decline }: SyncRequest, targets: readonly TargetResult[]): void {
  if (approve !== undefined && targets.every(({ approved }) => approved !== approve))
    throw unansweredError(approve, 'approve', targets);
  if (decline !== undefined && targets.every(({ declined }) => declined !== decline))
    throw unansweredError(decline, 'decline', targets);
}

function unansweredError(planId: string, answer: 'approve' | 'decline', targets: readonly TargetResult[]) {
  const failed = targets.filter(({ outcome }) => outcome === 'failed');
  return failed.length > 0
    ? new UncheckedPlanError(planId, answer, failed)
    : new NoSuchPlanError(planId, answer, targets);
}

/** Of two people who answer at the same time, the later one must know. @throws DeclinedMeanwhileError */
export function assertNotDeclined(
  approve: string | undefined,
  before: readonly Decline[],
  now: readonly Decline[],
): void {
  const of = (declines: readonly Decline[]) => declines.find(({ planId }) => planId === approve);
  const decline = of(now);
  if (decline && !of(before)) throw new DeclinedMeanwhileError(decline);
}

/** The declined plans, including the one that the request declines. */
export function declinesOf({ declines }: State, { decline: planId, by }: SyncRequest, now: Date): readonly Decline[] {
  if (planId === undefined || declines.some((decline) => decline.planId === planId)) return declines;
  return [...declines, { planId, by: callerOf(by), at: now.toISOString() }];
}

/** @throws AlreadyDeclinedError */
export function assertDeclinedOnce({ decline: planId }: SyncRequest, { declines }: State): void {
  const known = declines.find((decline) => decline.planId === planId);
  if (known) throw new AlreadyDeclinedError(known);
}
