import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { invokeFunction, readConfiguration } from '../bin/allowlist/sync-function';
import { type LoggedRun, readRuns } from '../bin/allowlist/sync-log';
import type { RunRecord } from '../lambda/core/report/run-record';
import { AWS_ACCOUNT, AWS_REGION, clientConfig } from './closed-environment';
import type { Emulator } from './emulator';

const run = promisify(execFile);
const ROOT = join(__dirname, '..');
const CDK = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');

export type Outputs = Readonly<Record<string, string>>;

/** Thrown when `cdk` failed, with the end of its output. */
export class CdkError extends Error {
  override readonly name = 'CdkError';
}

/** Prepares the emulated account for CDK, which a real account also needs once. */
export async function bootstrap(emulator: Emulator): Promise<void> {
  await cdk(emulator, ['bootstrap', `aws://${AWS_ACCOUNT}/${AWS_REGION}`]);
}

/**
 * Runs `cdk deploy` as a user does.
 *
 * @param context the values for `-c key=value`
 * @param options further options of the command line
 * @returns the stack's outputs
 */
export async function deploy(
  emulator: Emulator,
  context: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<Outputs> {
  const outputsFile = join(emulator.home, 'outputs.json');
  const settings = Object.entries(context).flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  await cdk(emulator, [
    'deploy',
    '--require-approval',
    'never',
    '--outputs-file',
    outputsFile,
    ...settings,
    ...options,
  ]);
  const [outputs] = Object.values(JSON.parse(await readFile(outputsFile, 'utf8')));
  return outputs as Outputs;
}

/** Runs the CDK command line in the environment of the emulator, with a separate folder for its assembly. */
export async function cdk(emulator: Emulator, args: readonly string[]): Promise<string> {
  const options = [
    '--output',
    join(emulator.home, 'cdk.out'),
    // Validation takes longer than the rest of a synthesis, and CI runs it separately.
    '--no-validation',
    '--no-notices',
    '--no-color',
    '--progress',
    'events',
  ];
  try {
    const { stdout } = await run(process.execPath, [CDK, ...args, ...options], {
      cwd: ROOT,
      env: emulator.environment,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const tail = `${stdout}${stderr}`.trim().split('\n').slice(-25).join('\n');
    throw new CdkError(`cdk ${args[0]} failed:\n${tail}`, { cause: error });
  }
}

/** The URL at which the emulator serves the webhook, because it does not serve the host name of `WebhookUrl`. */
export function invokeUrl({ endpoint }: Emulator, { WebhookUrl = '' }: Outputs): string {
  const { hostname, pathname } = new URL(WebhookUrl);
  const [apiId] = hostname.split('.');
  const [, stage, ...path] = pathname.split('/');
  return `${endpoint}/restapis/${apiId}/${stage}/_user_request_/${path.join('/')}`;
}

/** The answer of a function, or the error that it threw. */
export interface SyncInvocation {
  readonly answer: RunRecord;
  readonly error: string | undefined;
}

/** Invokes the sync function as an operator does. */
export async function invokeDeployedSync(
  { endpoint }: Emulator,
  outputs: Outputs,
  payload: unknown = {},
): Promise<SyncInvocation> {
  const lambda = new LambdaClient(clientConfig(endpoint));
  const { answer, error } = await invokeFunction(lambda, outputs.SyncFunctionName ?? '', payload);
  return { answer: answer as RunRecord, error: error && `${error.type}: ${error.message}` };
}

/** The records of all runs, oldest first, from the log of the function. */
export async function readSyncRuns({ endpoint }: Emulator, outputs: Outputs): Promise<LoggedRun[]> {
  const config = clientConfig(endpoint);
  const { logGroup } = await readConfiguration(new LambdaClient(config), outputs.SyncFunctionName ?? '');
  return readRuns({ client: new CloudWatchLogsClient(config), logGroup });
}
