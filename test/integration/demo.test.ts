import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { GetIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import getPort from 'get-port';
import { clientConfig } from '../../dev/closed-environment';
import type { Emulator } from '../../dev/emulator';
import { WIDGET_PAGE } from '../../dev/review';
import { parseIpSetArn } from '../../lambda/shared/ip-set-arn';
import { startCheckedEmulator } from './checked-emulator';
import { type FaultProxy, startFaultProxy } from './fault-proxy';
import { PUBLISHED } from './harness';

const ROOT = join(__dirname, '..', '..');
const REAL_KEY = 'AKIAIOSFODNN7REALKEY';

/** An environment as an operator's shell may hold it: real credentials, a profile, and a proxy that would carry them out. */
async function operatorsEnvironment(home: string, trapPort: number): Promise<NodeJS.ProcessEnv> {
  await writeFile(
    join(home, 'config'),
    `[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:${trapPort}\n[profile production]\nregion = eu-west-1\n`,
  );
  await writeFile(
    join(home, 'credentials'),
    `[default]\naws_access_key_id = ${REAL_KEY}\naws_secret_access_key = x\n[production]\naws_access_key_id = ${REAL_KEY}\naws_secret_access_key = x\n`,
  );
  const proxy = `http://127.0.0.1:${trapPort}`;
  return {
    PATH: process.env.PATH,
    HOME: home,
    AWS_ACCESS_KEY_ID: REAL_KEY,
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYREALSECRET',
    AWS_SESSION_TOKEN: 'a-real-session',
    AWS_PROFILE: 'production',
    AWS_REGION: 'eu-west-1',
    AWS_CONFIG_FILE: join(home, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'credentials'),
    AWS_ENDPOINT_URL_S3: 'https://s3.eu-west-1.amazonaws.com',
    AWS_ENDPOINT_URL_STS: 'https://sts.eu-west-1.amazonaws.com',
    AWS_ENDPOINT_URL_CLOUDFORMATION: 'https://cloudformation.eu-west-1.amazonaws.com',
    HTTPS_PROXY: proxy,
    HTTP_PROXY: proxy,
    https_proxy: proxy,
  };
}

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

let home: string;
let trap: Server;
let trapped: number;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-operator-'));
  trapped = 0;
  trap = createServer((socket) => {
    trapped++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(trap, 'listening');
  environment = await operatorsEnvironment(home, (trap.address() as AddressInfo).port);
});
afterAll(async () => {
  trap?.close();
  await rm(home, { recursive: true, force: true });
});

describe('npm run demo', () => {
  let emulator: Emulator;
  let proxy: FaultProxy;

  beforeAll(async () => {
    emulator = await startCheckedEmulator();
    proxy = await startFaultProxy(emulator.endpoint);
  });
  afterAll(async () => {
    await proxy?.stop();
    await emulator?.stop();
  });

  it('npm run demo uses a running emulator, never uses real credentials, and ends with its result as one line', async () => {
    await rm(WIDGET_PAGE, { force: true });
    const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'dev/demo.ts', '--json'], {
      cwd: ROOT,
      env: { ...environment, AWS_ENDPOINT_URL: proxy.endpoint },
    });
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    const result = JSON.parse(lines[0] ?? '');
    expect(Object.keys(result)).toEqual(['outputs', 'firstSync', 'nextDaySync', 'unchangedSync', 'webhook']);
    expect(result.webhook).toEqual({ head: 200, signed: 200, forged: 401 });
    const kinds = (sync: { targets: { kind: string; outcome: string; added: string[] }[] }) =>
      sync.targets.map(({ kind, outcome, added }) => [kind, outcome, added.length]);
    expect(kinds(result.firstSync)).toEqual([
      ['ip-set', 'changed', 12],
      ['ip-set', 'in-sync', 0],
      ['security-group', 'changed', 12],
    ]);
    expect(kinds(result.nextDaySync)).toEqual([
      ['ip-set', 'changed', 1],
      ['ip-set', 'in-sync', 0],
      ['security-group', 'changed', 1],
    ]);
    expect(result.unchangedSync.outcome).toBe('in-sync');
    expect(await readFile(WIDGET_PAGE, 'utf8')).toContain('US: 7 ranges in force');

    expect(proxy.calls).toContain('PutSecretValue');
    expect(proxy.accessKeys.size).toBeGreaterThan(0);
    expect([...proxy.accessKeys]).not.toContain(REAL_KEY);
    expect(trapped).toBe(0);
  });
});

describe('npm run local', () => {
  it('npm run local starts an emulator if AWS_ENDPOINT_URL is not on this machine, and leaves nothing behind', async () => {
    const port = await getPort();
    const child = spawn(process.execPath, ['--import', 'tsx', 'dev/local.ts', '--json', '--port', String(port)], {
      cwd: ROOT,
      env: { ...environment, AWS_ENDPOINT_URL: 'https://wafv2.eu-west-1.amazonaws.com' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    const [line] = await once(createInterface(child.stdout), 'line');
    const { endpoint, feedDirectory, outputs, invokeUrl } = JSON.parse(line);
    expect(endpoint).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(invokeUrl, { method: 'HEAD' })).status).toBe(200);
    const { IPSet } = await new WAFV2Client(clientConfig(endpoint)).send(
      new GetIPSetCommand(parseIpSetArn(outputs.Ipv4IpSetArn)),
    );
    expect(IPSet?.Addresses?.sort()).toEqual(PUBLISHED);
    expect(trapped).toBe(0);

    child.kill('SIGINT');
    await once(child, 'exit');
    await expect(fetch(endpoint)).rejects.toThrow();
    await expect(rm(feedDirectory, { recursive: true })).rejects.toThrow(/ENOENT/);
  });

  it('npm run local says in one sentence that a port is in use', async () => {
    const { port } = trap.address() as AddressInfo;
    const run = promisify(execFile)(process.execPath, ['--import', 'tsx', 'dev/local.ts', '--port', String(port)], {
      cwd: ROOT,
      env: environment,
    });
    await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(`Port ${port} is in use`) });
  });
});
