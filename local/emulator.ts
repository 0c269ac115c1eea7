import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { closedEnvironment, runningEndpoint } from './closed-environment';
import { ensureVenv, LocalSetupError } from './python';

/** An emulated AWS on this machine. */
export interface Emulator {
  readonly endpoint: string;
  /** A folder of this run's own; gone when it stops. */
  readonly home: string;
  /** For every process that shall talk to it. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** Port to listen at. @default - a free one */
  readonly port?: number | undefined;
}

const START_SECONDS = 60;

/**
 * Starts an emulator, or takes the one that `AWS_ENDPOINT_URL` names if that is on this machine.
 *
 * @throws LocalSetupError
 */
export async function startEmulator({ port }: EmulatorOptions = {}): Promise<Emulator> {
  const home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-'));
  const running = runningEndpoint();
  const removeHome = () => rm(home, { recursive: true, force: true });
  if (running) return { endpoint: running, home, environment: closedEnvironment(running, home), stop: removeHome };
  try {
    const { endpoint, environment, stop } = await start(home, await freePort(port));
    return {
      endpoint,
      home,
      environment,
      stop: async () => {
        await stop();
        await removeHome();
      },
    };
  } catch (error) {
    await removeHome();
    throw error;
  }
}

/** @throws LocalSetupError when a port is asked for that is taken: whatever answers there is not ours. */
async function freePort(wanted: number | undefined): Promise<number> {
  const port = await getPort(wanted === undefined ? {} : { port: wanted });
  if (wanted !== undefined && port !== wanted)
    throw new LocalSetupError(`Port ${wanted} is in use: choose another by --port`);
  return port;
}

async function start(home: string, port: number) {
  const endpoint = `http://127.0.0.1:${port}`;
  const environment = closedEnvironment(endpoint, home);
  const python = await ensureVenv('emulator');
  const logFile = join(home, 'emulator.log');
  const log = openSync(logFile, 'a');
  const child = spawn(python, [join(__dirname, 'python', 'ministack_with_waf.py')], {
    env: { ...environment, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), MINISTACK_ACCOUNT_ID: '000000000000' },
    stdio: ['ignore', log, log],
    // A process group of its own: the emulator's function processes end with it.
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await exited;
  };
  if (await becomesHealthy(endpoint, () => child.exitCode === null)) return { endpoint, environment, stop };
  await stop();
  const tail = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
  throw new LocalSetupError(`The AWS emulator did not start at ${endpoint}. It said:\n${tail}`);
}

async function becomesHealthy(endpoint: string, isRunning: () => boolean): Promise<boolean> {
  for (let tries = START_SECONDS * 10; tries > 0 && isRunning(); tries--) {
    const answer = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(100);
  }
  return false;
}
