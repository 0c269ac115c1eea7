import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runSync } from '../../../bin/allowlist/commands/run';
import { formatError } from '../../../bin/allowlist/errors';
import { openSession } from '../../../bin/allowlist/session';
import { reportOf } from '../../core/report/builders';

const STACK = { name: 'Other', account: '111122223333', region: 'eu-west-1', output: () => 'sync-function' };

let server: Server;
let invocations: number;
let answer: RequestListener;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (!request.url?.endsWith('/invocations')) return response.writeHead(403).end();
    invocations++;
    return answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  invocations = 0;
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const approve = () => runSync({ stack: STACK, session: openSession({}) }, { approve: '0123456789ab' });
const errorOf = async () => formatError(await approve().catch((error: unknown) => error));

describe('an invocation of the sync function', () => {
  it.each<[string, RequestListener]>([
    ['a connection that breaks off', (request) => request.socket.destroy()],
    ['an error of the Lambda service', (_request, response) => response.writeHead(500).end('{}')],
    [
      'an answer that breaks off',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => request.socket.destroy());
      },
    ],
  ])('is not repeated after %s, and whether it ran is said to be unknown', async (_case, fails) => {
    answer = fails;
    expect(await errorOf()).toMatch(
      /^The sync function was invoked, but its answer did not arrive: .*\. Whether it ran, .* is not known: see `npx intercom-allowlist status --stack Other` in a minute$/,
    );
    expect(invocations).toBe(1);
  });

  it('is said to have done nothing if AWS denies it', async () => {
    answer = (_request, response) => response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' }).end('{}');
    expect(await errorOf()).toMatch(/^These credentials may not call Invoke of Lambda: .* Nothing was done\./);
    expect(invocations).toBe(1);
  });

  it('ends with the exit code of its run', async () => {
    answer = (_request, response) =>
      response.end(JSON.stringify(reportOf({ outcome: 'failed', error: 'No time left' })));
    expect(await approve()).toMatchObject({ exitCode: 1, problem: 'No time left' });
    answer = (_request, response) => response.end(JSON.stringify(reportOf()));
    expect(await approve()).toMatchObject({ exitCode: 0 });
  });
});
