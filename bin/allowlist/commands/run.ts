import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import * as v from 'valibot';
import { isAwaitingApproval } from '../../../lambda/core/report/awaiting';
import { hasFindings } from '../../../lambda/core/report/findings';
import { RunRecord } from '../../../lambda/core/report/run-record';
import { isUncertain, saidBy } from '../aws-errors';
import type { Deployment } from '../deployment';
import { CommandError } from '../errors';
import { reportText } from '../report-text';
import { exitCodeOf, type Result } from '../result';
import type { Session } from '../session';
import { commandFor, type Stack } from '../stack';
import { invokeFunction } from '../sync-function';
import type { TerminalOptions } from '../terminal';

/** A payload of the sync function. */
type Payload =
  | { readonly mode: 'plan' }
  | { readonly approve: string }
  | { readonly decline: string }
  | { readonly mode: 'apply' };

/** How a run is shown. */
type ReportFormat = (report: RunRecord, stack: Stack, terminal: TerminalOptions) => string;

/**
 * Invokes the sync and shows its run record. A failed run answers with its record too.
 *
 * @throws CommandError when the function did not answer with a run record, or the connection broke off
 */
export async function runSync(
  { stack, session }: Deployment,
  payload: Payload,
  format: ReportFormat = reportText,
): Promise<Result> {
  const sent = { ...payload, ...(await identity(session)) };
  const { answer, error } = await invokeFunction(session.invocations, stack.output('SyncFunctionName'), sent).catch(
    (failure: unknown) => {
      throw isUncertain(failure) ? new CommandError(formatUncertain(failure, stack)) : failure;
    },
  );
  if (error)
    throw new CommandError(
      `The sync function failed without an answer: ${error.type}: ${error.message}. Whether it changed what is allowed is not known: see ` +
        `\`${commandFor(stack, 'status')}\`, and read the log of the function`,
    );
  const { success, output } = v.safeParse(RunRecord, answer);
  if (success) return resultOf(output, stack, format);
  throw new CommandError(
    `The sync function of stack ${stack.name} ran, but this version of the command line cannot read its answer. What it changed is ` +
      `not shown: see \`${commandFor(stack, 'status')}\`. Deploy the stack again`,
  );
}

function formatUncertain(failure: Error, stack: Stack): string {
  return (
    `The sync function was invoked, but its answer did not arrive: ${saidBy(failure)}. Whether it ran, and changed what is allowed, is ` +
    `not known: see \`${commandFor(stack, 'status')}\` in a minute`
  );
}

/** Who runs the command. Nothing depends on it, so whoever may not ask AWS stays unknown. */
async function identity({ sts }: Session): Promise<{ readonly by?: string }> {
  const caller = await sts.send(new GetCallerIdentityCommand({})).catch(() => undefined);
  return caller?.Arn ? { by: caller.Arn } : {};
}

function resultOf(report: RunRecord, stack: Stack, format: ReportFormat): Result {
  const { mode, targets, error } = report;
  const exitCode = exitCodeOf({
    error: error !== null,
    open: hasFindings(report),
    awaitingApproval: targets.some(isAwaitingApproval),
    changes: mode === 'plan' && targets.some(({ added, removed }) => added.length + removed.length > 0),
  });
  return {
    data: report,
    text: (terminal) => format(report, stack, terminal),
    exitCode,
    ...(error !== null && { problem: error }),
  };
}
