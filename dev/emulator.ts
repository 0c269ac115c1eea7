import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import getPort from 'get-port';
import { AWS_ACCOUNT, closedEnvironment, runningEndpoint } from './closed-environment';
import { LocalSetupError } from './install-once';
import { ensureLambdaNode } from './lambda-node';
import { ensureVenv } from './python';
import { type RunningPart, RunningParts } from './running-parts';
import { startServerProcess } from './server-process';

/** An emulated AWS on this machine. */
export interface Emulator {
  readonly endpoint: string;
  /** Whether it was running before, because `AWS_ENDPOINT_URL` names it. Another run may use it too. */
  readonly isShared: boolean;
  /** A folder that only this run uses. It is deleted when the emulator stops. */
  readonly home: string;
  /** The environment of every process that calls the emulator. */
  readonly environment: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export interface EmulatorOptions {
  /** Port of a new emulator, even if `AWS_ENDPOINT_URL` names a running one. @default - the running one, or a free port */
  readonly port?: number | undefined;
  /** The first free one of these is the port of a new emulator without `port`. @default - any free port */
  readonly preferredPorts?: Iterable<number>;
  /** Starts a server in front of the emulator, which all processes then call instead. @default - none */
  readonly front?: ((endpoint: string) => Promise<Front>) | undefined;
  /** Gets each part of the emulator as soon as it exists. Stopping them stops the emulator. @default - new */
  readonly parts?: RunningParts;
}

export interface Front extends RunningPart {
  readonly endpoint: string;
}

/**
 * Starts an emulator. Without a `port`, uses the one that `AWS_ENDPOINT_URL` names if it is on this machine.
 *
 * @throws LocalSetupError
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port, front, parts = new RunningParts() } = options;
  try {
    const home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-'));
    parts.add({ stop: () => rm(home, { recursive: true, force: true }) });
    const running = port === undefined ? runningEndpoint() : undefined;
    const own = running === undefined ? await freePort(options) : undefined;
    const behind = running ?? `http://127.0.0.1:${own}`;
    const before = await front?.(behind);
    if (before) parts.add(before);
    const endpoint = before?.endpoint ?? behind;
    const environment = closedEnvironment(endpoint, home);
    if (own !== undefined) await startMiniStack(home, own, environment, parts);
    return { endpoint, isShared: own === undefined, home, environment, stop: () => parts.stop() };
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

/** @throws LocalSetupError when the requested port is in use by another process */
async function freePort({ port: wanted, preferredPorts }: EmulatorOptions): Promise<number> {
  const wish = wanted ?? preferredPorts;
  const port = await getPort(wish === undefined ? {} : { port: wish });
  if (wanted !== undefined && port !== wanted)
    throw new LocalSetupError(`Port ${wanted} is in use: choose another with --port`);
  return port;
}

/** The functions that it runs get its environment, so they call what that names. */
async function startMiniStack(home: string, port: number, environment: NodeJS.ProcessEnv, parts: RunningParts) {
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
    onSpawn: (server) => parts.add(server),
  });
}
