import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalSetupError } from './install-once';
import type { RunningPart } from './running-parts';

export interface ServerProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Answers 200 once the server is ready. */
  readonly healthUrl: string;
  /** Called as soon as the process exists, so that it can be stopped while it starts. @default - nothing */
  readonly onSpawn?: (server: RunningPart) => void;
}

/** So long that only a server that hangs takes longer, however busy the machine is. */
const START_SECONDS = 600;

/**
 * Starts a server on this machine and waits until it answers.
 *
 * @throws LocalSetupError with the end of its log when it does not answer
 */
export async function startServerProcess(options: ServerProcessOptions): Promise<RunningPart> {
  const { command, args, env, logFile, healthUrl, onSpawn } = options;
  const log = openSync(logFile, 'a');
  // A separate process group, so that processes that the server starts end with it.
  const child = spawn(command, args, { env, stdio: ['ignore', log, log], detached: true });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const stop = async () => {
    if (isRunning() && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await exited;
  };
  onSpawn?.({ stop });
  if (await becomesHealthy(healthUrl, isRunning)) return { stop };
  await stop();
  const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
  throw new LocalSetupError(`The emulator did not answer at ${healthUrl}. The end of its log:\n${tail}`);
}

async function becomesHealthy(url: string, isRunning: () => boolean): Promise<boolean> {
  for (let tries = START_SECONDS * 10; tries > 0 && isRunning(); tries--) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(100);
  }
  return false;
}
