import { endOfGrace } from '../../../lambda/core/plan/removal';
import { formatRange } from '../../../lambda/core/ranges/range';
import { isBlocked } from '../../../lambda/core/report/awaiting';
import { hasFindings } from '../../../lambda/core/report/findings';
import type { RunRecord } from '../../../lambda/core/report/run-record';
import { UNKNOWN_CALLER } from '../../../lambda/shared/caller';
import { targetName } from '../../../lambda/shared/target-name';
import { type Deployment, readSetup, readState } from '../deployment';
import { readGuards } from '../guards';
import { exitCodeOf, type Result } from '../result';
import type { Stack } from '../stack';
import type { Blocked, Declined, LastRun, Pending, Status, TargetStatus, Waiting } from '../status';
import { NO_RUN, statusText } from '../status-text';
import { type LoggedRun, latestApplyRun, latestRunOfTargets, readLatestRuns } from '../sync-log';
import { readTargets, type TargetInForce } from '../targets';
import { dayAndTime } from '../time';

/** Reads the targets and guards from AWS, and the last run from the log. */
export async function status(deployment: Deployment, now: Date): Promise<Result> {
  const { stack, session } = deployment;
  const [{ settings, log }, state] = await Promise.all([readSetup(deployment), readState(deployment)]);
  const latestRuns = readLatestRuns(log, now);
  const [targets, guards, runs] = await Promise.all([
    readTargets(settings, state, session),
    readGuards(settings, session, now, latestRuns),
    latestRuns,
  ]);
  return statusResult({ stack, targets, guards, runs, removalGraceHours: settings.removalGraceHours }, now);
}

/** What `status` reads. */
export interface StatusFacts {
  readonly stack: Stack;
  readonly targets: readonly TargetInForce[];
  readonly guards: Status['guards'];
  /** The newest last. */
  readonly runs: readonly LoggedRun[];
  readonly removalGraceHours: number;
}

export function statusResult({ stack, targets, guards, runs, removalGraceHours }: StatusFacts, now: Date): Result {
  const latest = latestRunOfTargets(runs);
  const found: Status = {
    stack: { name: stack.name, account: stack.account, region: stack.region },
    lastRun: lastRunOf(latestApplyRun(runs)),
    feeds: latest?.feeds ?? [],
    targets: targets.map(statusOf),
    guards,
    pending: targets.flatMap((target) => pendingIn(target, removalGraceHours)),
    waiting: latest?.targets.flatMap(waitingIn) ?? [],
    blocked: latest?.targets.flatMap(blockedIn) ?? [],
    declined: latest?.targets.flatMap(declinedIn) ?? [],
  };
  const problems = problemsIn(found);
  const exitCode = exitCodeOf({
    error: problems.length > 0,
    open: hasFindings(found),
    awaitingApproval: found.waiting.length + found.blocked.length > 0,
    changes: false,
  });
  return {
    data: found,
    text: (terminal) => statusText(found, stack, now, terminal),
    exitCode,
    ...(problems.length > 0 && { problem: problems.join('\n') }),
  };
}

/** Why it is not known whether the allowlist is as it should be, one line each. */
function problemsIn({ targets, lastRun }: Status): string[] {
  const unread = targets.flatMap((target) =>
    target.error === null
      ? []
      : [`${targetName(target)} could not be read, so what it allows is not known. ${target.error}`],
  );
  if (lastRun === null) return [...unread, NO_RUN];
  const failures = lastRun.failures.map((failure) => `The last run, ${dayAndTime(lastRun.time)}, failed. ${failure}`);
  return [...unread, ...failures];
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

function blockedIn(target: RunRecord['targets'][number]): Blocked[] {
  return isBlocked(target) ? [{ target: target.id, reason: target.error ?? '' }] : [];
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
