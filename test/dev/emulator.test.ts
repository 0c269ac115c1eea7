import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../dev/emulator';
import { RunningParts } from '../../dev/running-parts';
import { type ServerProcessOptions, startServerProcess } from '../../dev/server-process';

jest.mock('../../dev/server-process');
jest.mock('../../dev/python', () => ({ ensureVenv: async () => 'python' }));
jest.mock('../../dev/lambda-node', () => ({ ensureLambdaNode: async () => undefined }));

const RUNNING = 'http://127.0.0.1:4999';
const start = jest.mocked(startServerProcess);
const stop = jest.fn(async () => undefined);
const before = { ...process.env };
const emulators: Emulator[] = [];

beforeEach(() => {
  process.env = { ...before, AWS_ENDPOINT_URL: RUNNING };
  start.mockReset();
  start.mockImplementation(async ({ onSpawn }) => {
    onSpawn?.({ stop });
    return { stop };
  });
  stop.mockClear();
});
afterEach(async () => {
  for (const emulator of emulators.splice(0)) await emulator.stop();
  process.env = before;
});

/** Not by get-port, which gives no port twice in one process. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function started(options?: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  emulators.push(emulator);
  return emulator;
}

it('an explicit port starts a new emulator, so that a second run does not deploy over the stack of the first', async () => {
  const port = await unusedPort();
  expect(await started({ port })).toMatchObject({ endpoint: `http://127.0.0.1:${port}`, isShared: false });
  expect(start).toHaveBeenCalledTimes(1);
});

it('without an explicit port, the emulator that AWS_ENDPOINT_URL names is used, is known to be shared, and keeps running', async () => {
  const emulator = await started({ preferredPorts: [4566] });
  expect(emulator).toMatchObject({ endpoint: RUNNING, isShared: true });
  await emulator.stop();
  expect(start).not.toHaveBeenCalled();
  expect(stop).not.toHaveBeenCalled();
});

it('without a running emulator, a new one takes the first preferred port that is free', async () => {
  delete process.env.AWS_ENDPOINT_URL;
  const port = await unusedPort();
  expect(await started({ preferredPorts: [port] })).toMatchObject({
    endpoint: `http://127.0.0.1:${port}`,
    isShared: false,
  });
});

it('an emulator that is still starting ends with the run, and leaves no folder behind', async () => {
  const parts = new RunningParts();
  const spawned = new Promise<ServerProcessOptions>((resolve) => {
    // Like a server that never answers.
    start.mockImplementation((options) => {
      options.onSpawn?.({ stop });
      resolve(options);
      return new Promise(() => undefined);
    });
  });
  void startEmulator({ port: await unusedPort(), parts });
  const home = dirname((await spawned).logFile);
  expect(existsSync(home)).toBe(true);
  await parts.stop();
  expect(stop).toHaveBeenCalledTimes(1);
  expect(existsSync(home)).toBe(false);
});
