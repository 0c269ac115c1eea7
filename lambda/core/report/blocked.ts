import type { TargetResult } from './run-record';

/** Whether a rule keeps changes from a target, and no approval can release them. `error` says why. */
export function isBlocked({ outcome, planId, error }: Pick<TargetResult, 'outcome' | 'planId' | 'error'>): boolean {
  return error !== null && planId === null && outcome !== 'failed';
}
