import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { closedEnvironment, runningEndpoint } from '../../dev/closed-environment';

const GUARD = join(__dirname, '..', '..', 'dev', 'loopback-only.cjs');

/** Runs a script under the guard. The script must print the result of its connection. */
async function guarded(script: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--require', GUARD, '-e', script]);
  return stdout.trim();
}

const SAY = "(error) => console.log((error.cause ?? error).message, error.errors ?? '')";

describe('a process of a local run', () => {
  it.each([
    ['fetch by name', `fetch('https://sts.amazonaws.com').catch(${SAY})`],
    ['fetch by address', `fetch('http://198.51.100.1').catch(${SAY})`],
    ['https', `require('https').get('https://sts.amazonaws.com').on('error', ${SAY})`],
    ['instance metadata', `require('http').get('http://169.254.169.254').on('error', ${SAY})`],
    ['net', `require('net').connect(443, '198.51.100.1').on('error', ${SAY})`],
    ['tls', `require('tls').connect({ port: 443, host: '2001:db8::1' }).on('error', ${SAY})`],
    ['a name that starts like a loopback address', `fetch('http://127.0.0.1.example.com').catch(${SAY})`],
  ])('cannot open a connection that leaves this machine: %s', async (_name, script) => {
    expect(await guarded(script)).toMatch(/Local runs can only reach this machine: the connection to .+ was blocked/);
  });

  it('can connect to this machine', async () => {
    const server = createServer((_request, response) => response.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    for (const host of ['127.0.0.1', 'localhost']) {
      const script = `fetch('http://${host}:${port}').then((r) => r.text()).then(console.log, ${SAY})`;
      expect(await guarded(script)).toBe('here');
    }
    server.close();
  });
});

describe('the environment of a local run', () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });

  it('contains no AWS setting, proxy or Node option of the shell', () => {
    const foreign = {
      AWS_PROFILE: 'foreign',
      AWS_ACCESS_KEY_ID: 'foreign',
      AWS_SESSION_TOKEN: 'foreign',
      AWS_ENDPOINT_URL_STS: 'foreign',
      AWS_CA_BUNDLE: 'foreign',
      HTTPS_PROXY: 'foreign',
      NODE_OPTIONS: '--require foreign',
      HOME: 'foreign',
    };
    Object.assign(process.env, foreign);
    expect(JSON.stringify(closedEnvironment('http://127.0.0.1:4566', '/home-of-the-run'))).not.toContain('foreign');
  });

  it.each([
    ['http://127.0.0.1:4566', 'http://127.0.0.1:4566'],
    ['http://localhost:4566/', 'http://localhost:4566'],
    ['https://wafv2.eu-west-1.amazonaws.com', undefined],
    ['http://127.0.0.1.example.com', undefined],
    ['not a URL', undefined],
    ['', undefined],
  ])('uses AWS_ENDPOINT_URL=%s as the emulator only if it is on this machine', (value, expected) => {
    process.env.AWS_ENDPOINT_URL = value;
    expect(runningEndpoint()).toBe(expected);
  });
});
