import { SyncFailedError } from '../core/report/errors';
import type { RunRecord, SyncMode } from '../core/report/run-record';

/**
 * The run in a deployment. The targets that the stack created must be filled. A target that the stack did not create cannot fail the
 * deployment, and neither can another run that does the same work at the same time.
 *
 * @param exclusive ids of the targets that the stack created
 * @throws SyncFailedError when the deployment must fail
 */
export async function runInDeploy(
  run: (mode: SyncMode) => Promise<RunRecord>,
  exclusive: readonly string[],
): Promise<void> {
  const record = await run('apply');
  if (record.outcome !== 'failed') return;
  // A run that ended before its first write may have left the work to another run: read again.
  const current = isWritten(record) ? record : await run('plan');
  const isRead = current.feeds.length > 0;
  if (!isRead || !areFilled(exclusive, current)) throw new SyncFailedError(record);
}

function isWritten({ feeds, targets }: RunRecord): boolean {
  return feeds.length > 0 && targets.every(({ outcome }) => outcome !== 'planned');
}

/** A target that awaits approval does not fail the deployment: after a rollback there would be nothing to approve. */
function areFilled(exclusive: readonly string[], { targets }: RunRecord): boolean {
  return exclusive.every((exclusiveId) => {
    const target = targets.find(({ id }) => id === exclusiveId);
    return target && target.outcome !== 'failed' && (target.outcome !== 'planned' || target.added.length === 0);
  });
}
