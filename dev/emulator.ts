import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { AWS_ACCOUNT, closedEnvironment, runningEndpoint } from './closed-environment';
import { ensureVenv, LocalSetupError } from './python';
import { startServerProcess } from './server-process';

/** An emulated AWS on this machine. */
export interface Emulator {
  readonly endpoint: string;
  /** A folder that only this run uses. It is deleted when the emulator stops. */
  readonly home: string;
  /** The environment of every process that calls the emulator. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** Port of the emulator. @default - a free port */
  readonly port?: number | undefined;
}

/**
 * Starts an emulator, or uses the one that `AWS_ENDPOINT_URL` names if it is on this machine.
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

/** @throws LocalSetupError when the requested port is in use by another process */
async function freePort(wanted: number | undefined): Promise<number> {
  const port = await getPort(wanted === undefined ? {} : { port: wanted });
  if (wanted !== undefined && port !== wanted)
    throw new LocalSetupError(`Port ${wanted} is in use: choose another with --port`);
  return port;
}

async function start(home: string, port: number) {
  const endpoint = `http://127.0.0.1:${port}`;
  const environment = closedEnvironment(endpoint, home);
  const { stop } = await startServerProcess({
    command: await ensureVenv('emulator'),
    args: [join(__dirname, 'python', 'ministack_completed.py')],
    env: {
      ...environment,
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: AWS_ACCOUNT,
      // The Lambda runtime contains the SDK, and functions of the CDK rely on it.
      NODE_PATH: join(__dirname, '..', 'node_modules'),
    },
    logFile: join(home, 'emulator.log'),
    healthUrl: `${endpoint}/_ministack/health`,
  });
  return { endpoint, environment, stop };
}
