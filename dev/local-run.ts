import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import ora from 'ora';
import { NO_NODE_NOTICE } from '../bin/allowlist/node-notice';
import { bootstrap, CdkError, deploy, type Outputs } from './deployment';
import { type Emulator, type EmulatorOptions, startEmulator } from './emulator';
import { type FeedServer, serveFeeds, writePublishedFeeds } from './feeds';
import { LocalSetupError } from './install-once';
import { RunningParts } from './running-parts';

/** The exit code after a signal. */
const INTERRUPTED = 130;

/** The stack, deployed into an emulator and reading feeds from a folder. */
export interface LocalRun {
  readonly emulator: Emulator;
  readonly feeds: FeedServer;
  readonly outputs: Outputs;
}

export interface LocalRunOptions extends Omit<EmulatorOptions, 'parts'> {
  /** The `date` of the first feeds, `YYYY-MM-DD`. */
  readonly feedDate: string;
  /** Creates resources outside the stack before it is deployed. @default - none */
  readonly prepare?: (emulator: Emulator) => Promise<void>;
}

/** Reports progress on standard error, because standard output is for results. */
export async function step<T>(
  text: string,
  work: () => Promise<T>,
  done: (result: T) => string = () => text,
): Promise<T> {
  const spinner = ora({ text, stream: process.stderr }).start();
  const started = performance.now();
  try {
    const result = await work();
    spinner.succeed(`${done(result)} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    return result;
  } catch (error) {
    spinner.fail();
    throw error;
  }
}

/**
 * Starts the emulator and the feeds, runs `cdk bootstrap` and `cdk deploy`, then calls `use`. Stops everything at the end, even after
 * an error or a signal, and even if the signal comes while the emulator starts.
 */
export async function withLocalRun(options: LocalRunOptions, use: (run: LocalRun) => Promise<void>): Promise<void> {
  const parts = new RunningParts();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => parts.stop().finally(() => process.exit(INTERRUPTED)));
  }
  try {
    const emulator = await step(
      'Start the AWS emulator (the first time, install it)',
      () => startEmulator({ ...options, parts }),
      ({ endpoint, isShared }) =>
        isShared
          ? `Using the emulator at ${endpoint}, which AWS_ENDPOINT_URL names; --port starts another one`
          : `AWS emulator at ${endpoint}`,
    );
    const directory = join(emulator.home, 'feeds');
    await writePublishedFeeds(directory, options.feedDate);
    const feeds = await serveFeeds(directory);
    parts.add(feeds);
    await options.prepare?.(emulator);
    await step('cdk bootstrap', () => bootstrap(emulator));
    const outputs = await step('cdk deploy', () => deploy(emulator, { feedBaseUrl: feeds.baseUrl }));
    await use({ emulator, feeds, outputs });
  } finally {
    await parts.stop();
  }
}

/** Runs a command. An expected failure is one message and exit code 1, without a stack trace. */
export async function runCommand(main: () => Promise<void>): Promise<void> {
  Object.assign(process.env, NO_NODE_NOTICE);
  try {
    await main();
  } catch (error) {
    const expected = error instanceof LocalSetupError || error instanceof CdkError;
    console.error(expected ? error.message : error);
    process.exitCode = 1;
  }
}

/** Parses `--port`. @throws InvalidArgumentError, which commander shows as one line. */
export function parsePort(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65535)) throw new InvalidArgumentError('Allowed: a TCP port, 1 to 65535.');
  return port;
}
