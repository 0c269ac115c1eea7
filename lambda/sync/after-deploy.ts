import type { RunRecord } from '../core/report/run-record';
import { SyncFailedError } from '../core/report/summary';
import type { SyncMode } from './settings';
import { LeaseHeldError } from './state/lease';

/**
 * The run in a deploy. A target that the stack did not make can't fail the deploy, nor can another run that does the work
 * meanwhile; the stack's own sets and groups must be filled.
 *
 * @param own ids of the targets that the stack made
 *
 * @throws what the run threw, when the deploy must fail
 */
export async function runInDeploy(
  run: (mode: SyncMode) => Promise<RunRecord>,
  exclusive: readonly string[],
): Promise<void> {
  try {
    await run('apply');
  } catch (error) {
    const report = error instanceof LeaseHeldError ? await run('plan').catch(reportOf) : reportOf(error);
    if (report === undefined || areUnfilled(exclusive, report)) throw error;
  }
}

function reportOf(error: unknown): RunRecord | undefined {
  return error instanceof SyncFailedError ? error.report : undefined;
}

/** A target whose filling waits for an approval does not fail the deploy: rolled back, there would be nothing to approve. */
function areUnfilled(exclusive: readonly string[], { targets }: RunRecord): boolean {
  return targets
    .filter(({ id }) => exclusive.includes(id))
    .some(({ outcome, added }) => outcome === 'failed' || (outcome === 'planned' && added.length > 0));
}
