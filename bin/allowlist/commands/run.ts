import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncReport } from '../../../lambda/core/report/report';
import { type Deployment, readSetup } from '../deployment';
import { CommandError } from '../errors';
import { isSyncReport } from '../records';
import { reportText } from '../report-text';
import { ExitCode, type Result } from '../result';
import type { Stack } from '../stack';
import { invoke } from '../sync-function';
import { readRuns } from '../sync-log';

/** A payload of the sync function. */
type Payload = { readonly mode: 'plan' } | { readonly approve: string } | Record<string, never>;

/** How the error of a run that logged its record begins (SyncFailedError). */
const NAMES_RUN = /^Sync (\S+) failed\. /;
/** Clocks differ. */
const LOOK_BACK_MS = 15 * 60 * 1000;
/** A record takes a few seconds until it is found. */
const TRIES = 5;
const WAIT_MS = 1000;

/**
 * Invokes the sync and shows what it did or would do.
 *
 * @throws CommandError with the function's own message, if it has no record of the run
 */
export async function runSync(deployment: Deployment, payload: Payload): Promise<Result> {
  const { stack, session } = deployment;
  const { answer, error } = await invoke(session.lambda, stack.output('SyncFunctionName'), payload);
  if (error) {
    // Without a record, the function's message says what matters.
    const report = await findRecord(deployment, error.message).catch(() => undefined);
    if (!report) throw new CommandError(error.message);
    return { ...resultOf(report, stack), exitCode: ExitCode.error, problem: error.message };
  }
  if (isSyncReport(answer)) return resultOf(answer, stack);
  throw new CommandError(
    `The sync function of stack ${stack.name} ran, but its answer is not one that this version knows. Deploy the stack again`,
  );
}

/** A run that failed logs its record first, for what could be done was done. */
async function findRecord(deployment: Deployment, message: string): Promise<SyncReport | undefined> {
  const [, failed] = NAMES_RUN.exec(message) ?? [];
  if (failed === undefined) return undefined;
  const { log } = await readSetup(deployment);
  for (let tries = TRIES; tries > 0; tries--) {
    const runs = await readRuns(log, new Date(Date.now() - LOOK_BACK_MS));
    const record = runs.find(({ runId }) => runId === failed);
    if (record) return record;
    await sleep(WAIT_MS);
  }
  return undefined;
}

function resultOf(report: SyncReport, stack: Stack): Result {
  return { data: report, text: (terminal) => reportText(report, stack, terminal), exitCode: exitCodeOf(report) };
}

function exitCodeOf({ mode, targets }: SyncReport): ExitCode {
  if (targets.some(({ outcome, planId }) => outcome === 'awaiting-approval' || planId !== null))
    return ExitCode.awaitingApproval;
  const changes = targets.some(({ added, removed }) => added.length + removed.length > 0);
  return mode === 'plan' && changes ? ExitCode.changes : ExitCode.fine;
}
