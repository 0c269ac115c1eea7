import { SyncFailedError, type SyncReport } from './report';
import type { SyncMode } from './settings';
import { LeaseHeldError } from './state/lease';

/**
 * The run in a deploy. A target that the stack did not make can't fail the deploy, nor can another run that does the work
 * meanwhile; the stack's own sets must be filled.
 *
 * @throws what the run threw, when the deploy must fail
 */
export async function runInDeploy(
  run: (mode: SyncMode) => Promise<SyncReport>,
  ownIpSets: readonly string[],
): Promise<void> {
  try {
    await run('apply');
  } catch (error) {
    const report = error instanceof LeaseHeldError ? await run('plan').catch(reportOf) : reportOf(error);
    if (report === undefined || areUnfilled(ownIpSets, report)) throw error;
  }
}

function reportOf(error: unknown): SyncReport | undefined {
  return error instanceof SyncFailedError ? error.report : undefined;
}

function areUnfilled(ownIpSets: readonly string[], { targets, feeds }: SyncReport): boolean {
  const own = targets.filter(({ id }) => ownIpSets.includes(id));
  const lacking = own.some(({ outcome, added }) => outcome === 'failed' || (outcome === 'planned' && added.length > 0));
  return lacking || feeds.every((feed) => feed.ranges.length === 0);
}
