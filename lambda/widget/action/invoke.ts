import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { RunRecord } from '../../core/report/run-record';
import { messageOf } from '../../shared/errors';

/** The answer of the sync function, or why there is none. */
export type Answer = { readonly run: RunRecord } | { readonly error: string };

const Failure = v.object({ errorMessage: v.string() });

/** Invokes the sync function and waits for its answer. Never retried: one press of a button must not start two runs. */
export async function invokeSync(lambda: LambdaClient, functionArn: string, payload: object): Promise<Answer> {
  try {
    const invoke = new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(payload) });
    const { Payload, FunctionError } = await lambda.send(invoke);
    const answer: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
    return FunctionError === undefined ? { run: v.parse(RunRecord, answer) } : { error: failureIn(answer) };
  } catch (error) {
    const next = "Whether it ran is not known: refresh the widget in a minute, and look at the sync's log";
    return {
      error: `The sync function could not be invoked, or its answer was not understood: ${messageOf(error)}. ${next}`,
    };
  }
}

function failureIn(answer: unknown): string {
  const { success, output } = v.safeParse(Failure, answer);
  const why = success ? `: ${output.errorMessage}` : ' without an error message';
  return `The sync function failed${why}. Whether it changed what is allowed is not known: refresh the widget in a minute, and read the sync's log`;
}
