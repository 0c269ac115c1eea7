import { GetFunctionConfigurationCommand, InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { parseEscaped } from '../../lambda/shared/text';

/** How the deployed sync function is configured. */
export interface SyncConfiguration {
  readonly environment: Readonly<Record<string, string>>;
  readonly logGroup: string;
}

/** The answer of a function, or the error that it threw. */
export interface Invocation {
  readonly answer: unknown;
  readonly error: { readonly type: string; readonly message: string } | undefined;
}

export async function readConfiguration(lambda: LambdaClient, functionName: string): Promise<SyncConfiguration> {
  const { Environment, LoggingConfig } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName }),
  );
  return {
    environment: Environment?.Variables ?? {},
    logGroup: LoggingConfig?.LogGroup ?? `/aws/lambda/${functionName}`,
  };
}

/** Invokes the sync function with a payload such as `{"mode":"plan","by":"..."}`, and waits for its answer. */
export async function invokeFunction(
  lambda: LambdaClient,
  functionName: string,
  payload: unknown,
): Promise<Invocation> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) }),
  );
  const answer = parseEscaped(Payload?.transformToString() || 'null');
  if (FunctionError === undefined) return { answer, error: undefined };
  const { errorType = FunctionError, errorMessage = 'no message' } = answer as Partial<Record<string, string>>;
  return { answer, error: { type: errorType, message: errorMessage } };
}
