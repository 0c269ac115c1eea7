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
  /** A folder of this run's own; gone when it stops. */
  readonly home: string;
  /** The environment of every process that calls it. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** Port to listen at. @default - a free one */
  readonly port?: number | undefined;
}

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
      // Lambda's runtime has the SDK in it, and functions of CDK's own count on that.
      NODE_PATH: join(__dirname, '..', 'node_modules'),
    },
    logFile: join(home, 'emulator.log'),
    healthUrl: `${endpoint}/_ministack/health`,
  });
  return { endpoint, environment, stop };
}
