import { gzipSync } from 'node:zlib';
import { FeedBodyError } from '../../lambda/core/feed/answer';
import { type FetchOptions, fetchFeed } from '../../lambda/sync/fetch-feed';
import {
  type Answer,
  breakInBody,
  closePublishers,
  hang,
  hangInBody,
  inTurn,
  ok,
  type Publisher,
  redirect,
  respond,
  startPublisher,
} from './publisher';

const PATH = '/us/intercom-ip-ranges.json';
const BODY = '{"ip_ranges":[]}';
const MEBIBYTE = 1024 * 1024;

afterEach(closePublishers);

const get = ({ origin }: Publisher, options: FetchOptions = {}) =>
  fetchFeed(`${origin}${PATH}`, { backoffMs: 0, ...options });

const publisherOf = (first: Answer, ...rest: readonly Answer[]) => startPublisher(inTurn(first, ...rest));

describe('the If-None-Match header', () => {
  it('is not sent without an ETag', async () => {
    const publisher = await publisherOf(ok(BODY, { etag: '"1"' }));
    expect(await get(publisher)).toEqual({ kind: 'document', body: BODY, etag: '"1"' });
    expect(publisher.requests.map(({ url, headers }) => [url, headers['if-none-match']])).toEqual([[PATH, undefined]]);
  });

  it('carries the ETag, and a 304 is an answer', async () => {
    const publisher = await publisherOf(respond(304));
    expect(await get(publisher, { etag: '"1"' })).toEqual({ kind: 'not-modified' });
    expect(publisher.requests.map(({ headers }) => headers['if-none-match'])).toEqual(['"1"']);
  });

  it('does not prevent a new document', async () => {
    const publisher = await publisherOf(ok(BODY, { etag: '"2"' }));
    expect(await get(publisher, { etag: '"1"' })).toEqual({ kind: 'document', body: BODY, etag: '"2"' });
  });

  it('is sent in every try', async () => {
    const publisher = await publisherOf(respond(503), respond(304));
    expect(await get(publisher, { etag: '"1"' })).toEqual({ kind: 'not-modified' });
    expect(publisher.requests.map(({ headers }) => headers['if-none-match'])).toEqual(['"1"', '"1"']);
  });

  it('is required for a 304: without it, a 304 is an error', async () => {
    const publisher = await publisherOf(respond(304));
    await expect(get(publisher)).rejects.toThrow('HTTP 304');
    expect(publisher.requests).toHaveLength(1);
  });
});

describe('a request that fails', () => {
  test.each<[string, Answer]>([
    ['500', respond(500)],
    ['502', respond(502, {}, '<html>')],
    ['503', respond(503, { 'retry-after': '3600' })],
    ['429', respond(429)],
    ['a connection that breaks before the answer', (response) => response.destroy()],
    ['a connection that breaks within the body', breakInBody],
    [
      'a body shorter than its Content-Length',
      (response) => response.writeHead(200, { 'content-length': '99' }).write('{', () => response.destroy()),
    ],
    ['a body that is not gzip although its header says so', ok('not gzip', { 'content-encoding': 'gzip' })],
  ])('with %s is tried at most 3 times', async (_trouble, trouble) => {
    const recovering = await publisherOf(trouble, trouble, ok(BODY));
    expect(await get(recovering)).toEqual({ kind: 'document', body: BODY, etag: undefined });
    expect(recovering.requests).toHaveLength(3);

    const broken = await publisherOf(trouble);
    await expect(get(broken)).rejects.toThrow(`GET ${broken.origin}${PATH}: `);
    expect(broken.requests).toHaveLength(3);
  });

  test.each<[string, Answer]>([
    ['a slow answer', hang],
    ['a slow body', hangInBody],
  ])('with %s is retried', async (_trouble, slow) => {
    const publisher = await publisherOf(slow, ok(BODY));
    expect(await get(publisher, { timeoutMs: 500 })).toMatchObject({ kind: 'document', body: BODY });
  });

  test.each<[string, Answer]>([
    ['a slow answer', hang],
    ['a slow body', hangInBody],
  ])('with %s each time is an error that names the timeout', async (_trouble, slow) => {
    const publisher = await publisherOf(slow);
    await expect(get(publisher, { timeoutMs: 50 })).rejects.toThrow('no complete answer within 50 ms');
  });

  test.each([400, 401, 403, 404, 410, 206, 204, 300])('with HTTP %i is not retried', async (status) => {
    const publisher = await publisherOf(respond(status), ok(BODY));
    await expect(get(publisher)).rejects.toThrow(`GET ${publisher.origin}${PATH}: HTTP ${status}`);
    expect(publisher.requests).toHaveLength(1);
  });

  it('names the last status in its error', async () => {
    const publisher = await publisherOf(respond(500), respond(500), respond(503));
    await expect(get(publisher)).rejects.toThrow('HTTP 503');
  });

  it('at an unreachable port has the network error in its error', async () => {
    const gone = await publisherOf(ok(BODY));
    await closePublishers();
    await expect(get(gone)).rejects.toThrow(/fetch failed \(.*ECONNREFUSED/);
  });
});

describe('a body', () => {
  it('may be compressed', async () => {
    const publisher = await publisherOf(ok(gzipSync(BODY), { 'content-encoding': 'gzip' }));
    expect(await get(publisher)).toMatchObject({ body: BODY });
  });

  it('may have characters that span two chunks', async () => {
    // No chunk size in use is a multiple of three bytes.
    const body = '€'.repeat(300_000);
    expect(await get(await publisherOf(ok(body)))).toMatchObject({ body });
  });

  it('may have exactly 1 MiB', async () => {
    const publisher = await publisherOf(ok(' '.repeat(MEBIBYTE)));
    expect(await get(publisher)).toMatchObject({ body: ' '.repeat(MEBIBYTE) });
  });

  test.each<[string, Answer]>([
    ['of one byte over 1 MiB', ok(' '.repeat(MEBIBYTE + 1))],
    ['that unpacks to over 1 MiB', ok(gzipSync(' '.repeat(8 * MEBIBYTE)), { 'content-encoding': 'gzip' })],
    [
      'that never ends',
      (response) => {
        const more = () => response.write(' '.repeat(64 * 1024), (error) => error ?? more());
        response.writeHead(200);
        more();
      },
    ],
  ])('%s is an error without a retry', async (_body, answer) => {
    const publisher = await publisherOf(answer, ok(BODY));
    await expect(get(publisher)).rejects.toThrow(FeedBodyError);
    expect(publisher.requests).toHaveLength(1);
  });

  test.each([
    ['that is not UTF-8', [0x22, 0xff, 0x22]],
    ['that ends within a character', [0x22, 0xc3]],
    ['in Latin-1', [...Buffer.from('"café"', 'latin1')]],
  ])('%s is an error without a retry', async (_body, bytes) => {
    const publisher = await publisherOf(ok(Buffer.from(bytes)), ok(BODY));
    await expect(get(publisher)).rejects.toThrow(/utf-8/i);
    expect(publisher.requests).toHaveLength(1);
  });
});

describe('a redirect', () => {
  test.each([301, 302, 303, 307, 308])(
    'with %i within the origin is followed, with the same headers',
    async (status) => {
      const publisher = await publisherOf(redirect('/moved.json', status), ok(BODY));
      expect(await get(publisher, { etag: '"1"' })).toMatchObject({ kind: 'document', body: BODY });
      expect(publisher.requests.map(({ url, headers }) => [url, headers['if-none-match']])).toEqual([
        [PATH, '"1"'],
        ['/moved.json', '"1"'],
      ]);
    },
  );

  it('within the origin may lead to a 304', async () => {
    const publisher = await publisherOf(redirect('/moved.json'), respond(304));
    expect(await get(publisher, { etag: '"1"' })).toEqual({ kind: 'not-modified' });
  });

  it('may be relative', async () => {
    const publisher = await publisherOf(redirect('other.json'), ok(BODY));
    await get(publisher);
    expect(publisher.requests.map(({ url }) => url)).toEqual([PATH, '/us/other.json']);
  });

  it('to another origin is an error, and that origin receives no request', async () => {
    const other = await publisherOf(ok(BODY));
    const publisher = await publisherOf(redirect(`${other.origin}${PATH}`));
    await expect(get(publisher)).rejects.toThrow(`redirect to another origin, which is not followed: ${other.origin}`);
    expect(publisher.requests).toHaveLength(1);
    expect(other.requests).toHaveLength(0);
  });

  it('to another origin is an error also after one within the origin', async () => {
    const other = await publisherOf(ok(BODY));
    const publisher = await publisherOf(redirect('/moved.json'), redirect(`//${new URL(other.origin).host}${PATH}`));
    await expect(get(publisher)).rejects.toThrow('redirect to another origin, which is not followed');
    expect(other.requests).toHaveLength(0);
  });

  test.each([
    ['another scheme', (host: string) => `https://${host}${PATH}`],
    ['another name of the same host', (host: string) => `http://${host.replace('127.0.0.1', 'localhost')}${PATH}`],
    ['another port', () => `http://127.0.0.1${PATH}`],
    ['a scheme other than HTTP', () => 'data:application/json,{}'],
  ])('to %s counts as one to another origin', async (_where, locate) => {
    const publisher = await publisherOf((response, request) =>
      redirect(locate(request.headers.host ?? ''))(response, request),
    );
    await expect(get(publisher)).rejects.toThrow('redirect to another origin, which is not followed');
    expect(publisher.requests).toHaveLength(1);
  });

  it('may be followed by two more redirects', async () => {
    const publisher = await publisherOf(redirect('/1'), redirect('/2'), redirect('/3'), ok(BODY));
    expect(await get(publisher)).toMatchObject({ body: BODY });
  });

  it('to itself is an error without a retry', async () => {
    const publisher = await publisherOf(redirect(PATH));
    await expect(get(publisher)).rejects.toThrow('more than 3 redirects');
    expect(publisher.requests).toHaveLength(4);
  });

  test.each<[string, Answer]>([
    ['nowhere', respond(302)],
    ['a text that is not a URL', redirect('http://[')],
  ])('to %s is an error without a retry', async (_where, answer) => {
    const publisher = await publisherOf(answer, ok(BODY));
    await expect(get(publisher)).rejects.toThrow(`GET ${publisher.origin}${PATH}: `);
    expect(publisher.requests).toHaveLength(1);
  });
});

test.each([
  ['5 s unless another limit is given', {}, 5000],
  ['the limit that is given', { timeoutMs: 700 }, 700],
])('each try may take %s', async (_which, options, limit) => {
  const publisher = await publisherOf(respond(503), ok(BODY));
  await get(publisher, options);
  expect(jest.mocked(AbortSignal.timeout).mock.calls).toEqual([[limit], [limit]]);
});
