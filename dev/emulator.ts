import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import getPort from 'get-port';
import { AWS_ACCOUNT, closedEnvironment, runningEndpoint } from './closed-environment';
import { LocalSetupError } from './install-once';
import { ensureLambdaNode } from './lambda-node';
import { ensureVenv } from './python';
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
  /** Starts a server in front of the emulator, which all processes then call instead. @default - none */
  readonly front?: ((endpoint: string) => Promise<Front>) | undefined;
}

export interface Front {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts an emulator, or uses the one that `AWS_ENDPOINT_URL` names if it is on this machine.
 *
 * @throws LocalSetupError
 */
export async function startEmulator({ port, front }: EmulatorOptions = {}): Promise<Emulator> {
  const home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-'));
  const started: { stop(): Promise<void> }[] = [{ stop: () => rm(home, { recursive: true, force: true }) }];
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    const running = runningEndpoint();
    const own = running === undefined ? await freePort(port) : undefined;
    const behind = running ?? `http://127.0.0.1:${own}`;
    const before = await front?.(behind);
    if (before) started.push(before);
    const endpoint = before?.endpoint ?? behind;
    const environment = closedEnvironment(endpoint, home);
    if (own !== undefined) started.push(await startMiniStack(home, own, environment));
    return { endpoint, home, environment, stop };
  } catch (error) {
    await stop();
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

/** The functions that it runs get its environment, so they call what that names. */
async function startMiniStack(home: string, port: number, environment: NodeJS.ProcessEnv) {
  const node = (await ensureLambdaNode()) ?? process.execPath;
  return startServerProcess({
    command: await ensureVenv('emulator'),
    args: [join(__dirname, 'python', 'ministack_completed.py')],
    env: {
      ...environment,
      // It runs the functions on the first Node.js that it finds.
      PATH: [dirname(node), environment.PATH].join(delimiter),
      BIND_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: AWS_ACCOUNT,
      // The Lambda runtime contains the SDK, and functions of the CDK rely on it.
      NODE_PATH: join(__dirname, '..', 'node_modules'),
    },
    logFile: join(home, 'emulator.log'),
    healthUrl: `http://127.0.0.1:${port}/_ministack/health`,
  });
}
