import * as v from 'valibot';
import { hasOpenings } from '../../../lambda/core/report/openings';
import { RunRecord } from '../../../lambda/core/report/run-record';
import type { Deployment } from '../deployment';
import { CommandError } from '../errors';
import { reportText } from '../report-text';
import { ExitCode, type Result } from '../result';
import type { Stack } from '../stack';
import { invoke } from '../sync-function';
import type { TerminalOptions } from '../terminal';

/** A payload of the sync function. */
type Payload = { readonly mode: 'plan' } | { readonly approve: string } | Record<string, never>;

/**
 * Invokes the sync and shows its run record. A failed run answers with its record too.
 *
 * @throws CommandError when the function did not answer with a run record
 */
export async function runSync({ stack, session }: Deployment, payload: Payload): Promise<Result> {
  const { answer, error } = await invoke(session.lambda, stack.output('SyncFunctionName'), payload);
  if (error)
    throw new CommandError(
      `The sync function failed without an answer: ${error.type}: ${error.message}. Check its log`,
    );
  const { success, output } = v.safeParse(RunRecord, answer);
  if (success) return resultOf(output, stack);
  throw new CommandError(
    `The sync function of stack ${stack.name} ran, but this version of the command line cannot read its answer. Deploy the stack again`,
  );
}

function resultOf(report: RunRecord, stack: Stack): Result {
  const result = { data: report, text: (terminal: TerminalOptions) => reportText(report, stack, terminal) };
  if (report.error !== null) return { ...result, exitCode: ExitCode.error, problem: report.error };
  return { ...result, exitCode: exitCodeOf(report) };
}

function exitCodeOf(report: RunRecord): ExitCode {
  const { mode, targets } = report;
  if (hasOpenings(report)) return ExitCode.open;
  if (targets.some(({ outcome, planId }) => outcome === 'awaiting-approval' || planId !== null))
    return ExitCode.awaitingApproval;
  const changes = targets.some(({ added, removed }) => added.length + removed.length > 0);
  return mode === 'plan' && changes ? ExitCode.changes : ExitCode.success;
}
