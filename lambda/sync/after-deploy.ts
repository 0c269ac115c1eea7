import { SyncFailedError } from '../core/report/errors';
import type { RunRecord, SyncMode, TargetResult } from '../core/report/run-record';
import { AllowlistError } from '../shared/errors';

/** Thrown by the run in a deployment if the allowlist is empty because all of it awaits approval. */
class AllAwaitsApprovalError extends AllowlistError {
  override readonly name = 'AllAwaitsApprovalError';

  constructor({ runId }: RunRecord, targets: readonly TargetResult[]) {
    const plans = targets.flatMap(({ planId }) => (planId === null ? [] : [`{"approve":"${planId}"}`]));
    super(
      `Sync ${runId} left every target that the stack created without entries, because all ranges await approval. The deployment fails ` +
        'before an endpoint depends on them, because every notification would be blocked. Deploy again with --no-rollback, so that the ' +
        `targets stay; approve the plans with ${plans.join(' and ')}; then deploy once more`,
    );
  }
}

/**
 * The run in a deployment. A target that the stack created must not stay empty if ranges are to be allowed. One that contains ranges
 * cannot fail the deployment: its entries stay in force, and the run of the rollback would fail like this one. Neither can a target that
 * the stack did not create, nor another run that does the same work at the same time.
 *
 * @param exclusive ids of the targets that the stack created
 * @throws SyncFailedError @throws AllAwaitsApprovalError when the deployment must fail
 */
export async function runInDeploy(
  run: (mode: SyncMode) => Promise<RunRecord>,
  exclusive: readonly string[],
): Promise<void> {
  const record = await run('apply');
  // A run that ended before its first write may have left the work to another run: read again.
  const current = record.outcome !== 'failed' || isWritten(record) ? record : await run('plan');
  const isRead = current.feeds.length > 0;
  const created = exclusive.map((exclusiveId) => current.targets.find(({ id }) => id === exclusiveId));
  if (!isRead || !created.every(isFilled)) throw new SyncFailedError(record);
  const found = created.filter((target) => target !== undefined);
  // A part may await approval, as after any change of the feeds.
  if (found.every(isEmpty) && found.some(({ outcome }) => outcome === 'awaiting-approval'))
    throw new AllAwaitsApprovalError(current, found);
}

function isWritten({ feeds, targets }: RunRecord): boolean {
  return feeds.length > 0 && targets.every(({ outcome }) => outcome !== 'planned');
}

/** A failed target without entries may be one that could not be read. */
function isFilled(target: TargetResult | undefined): boolean {
  if (!target) return false;
  const lacks = target.outcome === 'failed' || (target.outcome === 'planned' && target.added.length > 0);
  return !lacks || !isEmpty(target);
}

/** After the run; in a plan, now. */
function isEmpty({ byRegion }: TargetResult): boolean {
  return byRegion.every(({ inForce }) => inForce === 0);
}
