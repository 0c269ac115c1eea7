import type { RequestListener } from 'node:http';
import { runSync } from '../../../bin/allowlist/commands/run';
import { formatError } from '../../../bin/allowlist/errors';
import { openSession } from '../../../bin/allowlist/session';
import { reportOf } from '../../core/report/builders';
import { type LocalServer, serve } from '../../serve';

const STACK = { name: 'Other', account: '111122223333', region: 'eu-west-1', output: () => 'sync-function' };

let server: LocalServer;
let invocations: number;
let answer: RequestListener;

beforeAll(async () => {
  server = await serve((request, response) => {
    if (!request.url?.endsWith('/invocations')) return response.writeHead(403).end();
    invocations++;
    return answer(request, response);
  });
  process.env.AWS_ENDPOINT_URL = server.url;
});
beforeEach(() => {
  invocations = 0;
});
afterAll(async () => {
  delete process.env.AWS_ENDPOINT_URL;
  await server.stop();
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
