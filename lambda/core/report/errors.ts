import { AllowlistError } from '../../shared/errors';
import type { Decline } from './declines';
import type { RunRecord, TargetResult } from './run-record';

/** Thrown by a failed run, after its record was logged, if Lambda must retry it or the deployment must fail. */
export class SyncFailedError extends AllowlistError {
  override readonly name = 'SyncFailedError';

  constructor({ runId, error }: RunRecord) {
    super(`Sync ${runId} failed. ${error}`);
  }
}

/** Thrown when a run cannot do what it was asked for. Nothing is wrong with the targets. */
export abstract class RequestError extends AllowlistError {}

/** Thrown when the plan that is approved or declined does not await approval in any target. */
export class NoSuchPlanError extends RequestError {
  override readonly name = 'NoSuchPlanError';

  constructor(planId: string, answer: 'approve' | 'decline', targets: readonly TargetResult[]) {
    const waiting = targets.flatMap((target) => (target.planId ? [`${target.planId} (${target.id})`] : []));
    super(
      `No plan ${planId} awaits approval: it was applied already, or its changes are different now. It was not ` +
        `${answer === 'approve' ? 'applied' : 'declined'}. Awaiting approval: ${waiting.join(', ') || 'none'}. Invoke the sync with ` +
        `{"mode":"plan"} and ${answer} the plan that it shows`,
    );
  }
}

/** Thrown when a plan awaits approval in no target that could be checked, and others failed. */
export class UncheckedPlanError extends RequestError {
  override readonly name = 'UncheckedPlanError';

  constructor(planId: string, answer: 'approve' | 'decline', failed: readonly Pick<TargetResult, 'id'>[]) {
    const [ids, done] = [failed.map(({ id }) => id).join(', '), answer === 'approve' ? 'applied' : 'declined'];
    super(
      `Could not check plan ${planId}, which may be a plan for a target that failed: ${ids}. It was not ${done}, and nothing else was ` +
        `changed: the current ranges stay in force. Do what the error of the target says, then ${answer} the plan again`,
    );
  }
}

/** Thrown when the plan that is declined is declined already. */
export class AlreadyDeclinedError extends RequestError {
  override readonly name = 'AlreadyDeclinedError';

  constructor({ planId, by, at }: Decline) {
    super(
      `Plan ${planId} was declined already, by ${by} at ${at}. It is not applied and no longer raises the alarm. Nothing is left to ` +
        `decline; to apply it after all, invoke the sync with {"approve":"${planId}"}`,
    );
  }
}

/** Thrown when somebody declined the plan that is approved while the run was on its way. */
export class DeclinedMeanwhileError extends RequestError {
  override readonly name = 'DeclinedMeanwhileError';

  constructor({ planId, by, at }: Decline) {
    super(
      `Plan ${planId} was declined by ${by} at ${at}, while it was being approved. It was not applied, and nothing else was changed. Ask ` +
        `them first; to apply it anyway, invoke the sync with {"approve":"${planId}"} again`,
    );
  }
}
