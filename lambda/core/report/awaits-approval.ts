import type { TargetResult } from './run-record';

/** Whether changes to the target await approval: those of a plan, or some that no approval can apply. */
export function awaitsApproval({ planId, outcome }: Pick<TargetResult, 'planId' | 'outcome'>): boolean {
  return planId !== null || outcome === 'awaiting-approval';
}
