import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { ClientSecrets } from '../../lambda/receiver/client-secrets';
import { Deadline } from '../../lambda/receiver/deadline';
import type { Delivery } from '../../lambda/receiver/delivery';
import { receive } from '../../lambda/receiver/receive';
import { CONTEXT, SECRET } from './builders';

const FORGERIES = 100_000;

const secretsManager = { send: async () => ({ SecretString: SECRET }) } as unknown as SecretsManagerClient;
const delivery = { deliver: async () => ({ status: 'published', warnings: [] }) } as unknown as Delivery;
const secrets = new ClientSecrets(secretsManager, 'arn', () => undefined);
const kindOf = async (body: Buffer, signature: string | undefined) =>
  (await receive({ method: 'POST', body, signature }, secrets, delivery, Deadline.after(60_000))).kind;

const TEXT = notification('notif_1');
const BODY = Buffer.from(TEXT);
const HEADER = signatureOf(TEXT, SECRET);

/** A few bytes changed anywhere. Changes may undo each other, so callers check that something did change. */
function mutated(original: Buffer): fc.Arbitrary<Buffer> {
  const change = fc.record({
    at: fc.nat(original.length),
    removed: fc.nat(3),
    put: fc.uint8Array({ maxLength: 3 }),
  });
  return fc.array(change, { minLength: 1, maxLength: 3 }).map((changes) =>
    changes.reduce((bytes, { at, removed, put }) => {
      return Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + removed)]);
    }, original),
  );
}

const anyHexDigit = fc.constantFrom(...'0123456789abcdef');
const header = Buffer.from(HEADER);
const forgery = fc.oneof(
  mutated(header).map((bytes) => ({ body: BODY, signature: bytes.toString('latin1') })),
  mutated(BODY).map((body) => ({ body, signature: HEADER })),
  // Of the right form, so that the digest decides.
  fc
    .array(anyHexDigit, { minLength: 40, maxLength: 40 })
    .map((digits) => ({ body: BODY, signature: `sha1=${digits.join('')}` })),
  fc.tuple(fc.nat(39), anyHexDigit).map(([at, digit]) => {
    const digits = HEADER.slice('sha1='.length);
    return { body: BODY, signature: `sha1=${digits.slice(0, at)}${digit}${digits.slice(at + 1)}` };
  }),
  fc.string().map((secret) => ({ body: BODY, signature: signatureOf(TEXT, secret) })),
);

it(`of ${FORGERIES.toLocaleString('en')} mutated headers and bodies none is accepted, while the signed body is`, async () => {
  const accepted = [];
  let tried = 0;
  for (const { body, signature } of fc.sample(forgery, { numRuns: Math.ceil(FORGERIES * 1.05), seed: 20_260_629 })) {
    if (body.equals(BODY) && signature === HEADER) continue;
    tried++;
    if ((await kindOf(body, signature)) !== 'invalid-signature') accepted.push({ body, signature });
  }
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(FORGERIES);
  expect(await kindOf(BODY, HEADER)).toBe('published');
});

/** AWS without failures: it knows the secret, and accepts everything. */
async function serveAws(): Promise<Server> {
  const answer = JSON.stringify({ SecretString: SECRET, Entries: [{ EventId: '1' }] });
  const server = createServer((request, response) => void request.resume().on('end', () => response.end(answer)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

it('a request of any shape is answered, and accepted only if its bytes were signed', async () => {
  const aws = await serveAws();
  process.env.AWS_ENDPOINT_URL = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
  for (const level of ['log', 'info', 'warn', 'error'] as const) jest.spyOn(console, level).mockReturnValue(undefined);
  const { handler } = await import('../../lambda/receiver/handler');
  const anyHeaders = fc.dictionary(
    fc.constantFrom('x-hub-signature', 'X-Hub-Signature', 'content-type', '__proto__', ''),
    fc.oneof(fc.anything(), fc.constant(HEADER), mutated(header).map(String)),
  );
  const anyEvent = fc.record(
    {
      httpMethod: fc.oneof(fc.constantFrom('POST', 'GET', 'post', ''), fc.anything()),
      headers: fc.oneof(anyHeaders, fc.constant(null), fc.constant({ 'X-HUB-SIGNATURE': HEADER })),
      body: fc.oneof(
        fc.anything(),
        fc.string(),
        fc.constantFrom(null, TEXT, BODY.toString('base64')),
        mutated(BODY).map(String),
      ),
      isBase64Encoded: fc.oneof(fc.boolean(), fc.anything()),
      requestContext: fc.anything(),
    },
    { requiredKeys: [] },
  );
  const oddNotification = fc
    .record(
      { type: fc.constant('notification_event'), topic: fc.anything(), id: fc.anything(), created_at: fc.anything() },
      { requiredKeys: ['type'] },
    )
    .map((fields) => JSON.stringify(fields, (_key, value) => (typeof value === 'bigint' ? String(value) : value)));
  const anySigned = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), oddNotification).map((body) => ({
    httpMethod: 'POST',
    headers: { 'x-hub-signature': signatureOf(body, SECRET) },
    body,
  }));
  const statuses = new Set<number>();
  await fc.assert(
    fc.asyncProperty(anySigned, async (event) => {
      statuses.add((await handler(event as unknown as APIGatewayProxyEvent, CONTEXT)).statusCode);
    }),
    { numRuns: 2000, seed: 20_260_629 },
  );
  // Signed, so never 401; without failures, never 503.
  expect(statuses).toEqual(new Set([200, 400]));
  statuses.clear();
  await fc.assert(
    fc.asyncProperty(anyEvent, async (event) => {
      const answer = await handler(event as APIGatewayProxyEvent, CONTEXT);
      statuses.add(answer.statusCode);
      expect(answer).toEqual({ statusCode: expect.any(Number), body: '' });
      expect(answer.statusCode === 200).toBe(isGenuine(event));
    }),
    { numRuns: 5000, seed: 20_260_629 },
  );
  expect(statuses).toEqual(new Set([200, 401]));
  jest.restoreAllMocks();
  aws.closeAllConnections();
  aws.close();
});

/** Whether the bytes are those that were signed, with their signature, in whatever encoding. */
function isGenuine({ headers, body, isBase64Encoded }: Readonly<Record<string, unknown>>): boolean {
  const [, signature] = Object.entries(headers ?? {}).find(([name]) => /^x-hub-signature$/i.test(name)) ?? [];
  const bytes = typeof body === 'string' ? Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') : Buffer.alloc(0);
  return signature === HEADER && bytes.equals(BODY);
}
