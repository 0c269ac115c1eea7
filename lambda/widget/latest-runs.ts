import type { GuardResult } from '../core/report/run-record';
import { DEPLOYMENT_CALLER, UNKNOWN_CALLER } from '../shared/caller';
import type { RunEntry } from './records';

/** What the widget shows of the latest runs. The very latest may be a plan, a rejected request, or have read nothing. */
export interface LatestRuns {
  /** The latest run that had to apply changes. */
  readonly sync: RunEntry | undefined;
  /** The latest run with mode `apply`: `sync`, or a request that was rejected since. */
  readonly apply: RunEntry | undefined;
  /** The latest run that read the feeds and targets, be it a plan. */
  readonly read: RunEntry | undefined;
  /** As the latest run that checked them found them. */
  readonly guards: readonly GuardResult[];
}

/** @param runs latest first */
export function latestRunsIn(runs: readonly RunEntry[]): LatestRuns {
  return {
    sync: runs.find((run) => run.mode === 'apply' && !isRejectedRequest(run)),
    apply: runs.find(({ mode }) => mode === 'apply'),
    read: runs.find(hasRead),
    guards: runs.find(hasCheckedGuards)?.guards ?? [],
  };
}

function hasRead({ feeds, targets }: RunEntry): boolean {
  return feeds.length + targets.length > 0;
}

/** A stack may have no guards. The run in a deployment checks none, and neither does one that ends before it reads. */
function hasCheckedGuards(run: RunEntry): boolean {
  return run.guards.length > 0 || (hasRead(run) && run.by !== DEPLOYMENT_CALLER);
}

/** An invalid payload is answered with the record of a failed run that read nothing and has no caller. */
function isRejectedRequest(run: RunEntry): boolean {
  return run.error !== null && run.by === UNKNOWN_CALLER && run.guards.length === 0 && !hasRead(run);
}
