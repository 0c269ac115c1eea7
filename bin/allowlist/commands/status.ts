import { endOfGrace } from '../../../lambda/core/plan/removal';
import { formatRange } from '../../../lambda/core/ranges/range';
import { hasOpenings } from '../../../lambda/core/report/openings';
import type { RunRecord } from '../../../lambda/core/report/run-record';
import { UNKNOWN_CALLER } from '../../../lambda/shared/caller';
import { type Deployment, readSetup, readState } from '../deployment';
import { readGuards } from '../guards';
import { ExitCode, type Result } from '../result';
import type { Declined, LastRun, Pending, Status, TargetStatus, Waiting } from '../status';
import { statusText } from '../status-text';
import { type LoggedRun, readLatestRuns } from '../sync-log';
import { readTargets, type TargetInForce } from '../targets';

/** Reads the targets and guards from AWS, and the last run from the log. */
export async function status(deployment: Deployment, now: Date): Promise<Result> {
  const { stack, session } = deployment;
  const [{ settings, log }, state] = await Promise.all([readSetup(deployment), readState(deployment)]);
  const [targets, guards, runs] = await Promise.all([
    readTargets(settings, state, session),
    readGuards(settings, session, now),
    readLatestRuns(log, now),
  ]);
  const latest = runs.at(-1);
  const found: Status = {
    stack: { name: stack.name, account: stack.account, region: stack.region },
    lastRun: lastRunOf(runs.findLast(({ mode }) => mode === 'apply')),
    feeds: latest?.feeds ?? [],
    targets: targets.map(statusOf),
    guards,
    pending: targets.flatMap((target) => pendingIn(target, settings.removalGraceHours)),
    waiting: latest?.targets.flatMap(waitingIn) ?? [],
    declined: latest?.targets.flatMap(declinedIn) ?? [],
  };
  const exitCode = hasOpenings(found) ? ExitCode.open : ExitCode.success;
  return { data: found, text: (terminal) => statusText(found, stack, now, terminal), exitCode };
}

function lastRunOf(run: LoggedRun | undefined): LastRun | null {
  return run
    ? { time: run.time, runId: run.runId, outcome: run.outcome, failures: run.error === null ? [] : [run.error] }
    : null;
}

function statusOf({ id, kind, entries, exposed, exposure, acceptedExposure, error }: TargetInForce): TargetStatus {
  const ranges = entries
    .filter(({ managed }) => managed)
    .map(({ range, since = null, absentSince = null, ...entry }) => {
      const { ports, intercomRegions } = entry;
      return { range: formatRange(range), ports, intercomRegions, since, absentSince };
    });
  return { id, kind, ranges, exposed, exposure, acceptedExposure, error };
}

function pendingIn({ id, entries }: TargetInForce, removalGraceHours: number): Pending[] {
  return entries.flatMap(({ range, intercomRegions, absentSince }) =>
    absentSince === undefined
      ? []
      : {
          range: formatRange(range),
          intercomRegions,
          target: id,
          absentSince,
          removeAfter: endOfGrace(absentSince, removalGraceHours),
        },
  );
}

function waitingIn({ id, planId, awaitingApproval, error }: RunRecord['targets'][number]): Waiting[] {
  return planId === null ? [] : [{ planId, target: id, ...awaitingApproval, reason: error ?? '' }];
}

function declinedIn({
  id,
  declined,
  declinedBy,
  declinedAt,
  awaitingApproval,
}: RunRecord['targets'][number]): Declined[] {
  if (declined === null) return [];
  return [{ planId: declined, target: id, ...awaitingApproval, by: declinedBy ?? UNKNOWN_CALLER, at: declinedAt }];
}
