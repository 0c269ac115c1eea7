import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { ClientSecrets } from '../../lambda/receiver/client-secrets';
import type { Delivery } from '../../lambda/receiver/delivery';
import { receive } from '../../lambda/receiver/receive';
import type { AwsCalls } from '../../lambda/shared/aws/aws';

const SECRET = 'the-client-secret';
const FORGERIES = 100_000;

const secretsManager: AwsCalls = { call: async <Answer>() => ({ SecretString: SECRET }) as Answer };
const delivery = { deliver: async () => ({ kept: 'published', troubles: [] }) } as unknown as Delivery;
const secrets = new ClientSecrets(secretsManager, 'arn', () => undefined);
const kindOf = async (body: Buffer, signature: string | undefined) =>
  (await receive({ method: 'POST', body, signature }, secrets, delivery, Date.now() + 4000)).kind;

const TEXT = notification('notif_1');
const BODY = Buffer.from(TEXT);
const HEADER = signatureOf(TEXT, SECRET);

/** A change of a few bytes anywhere. Changes may undo each other, so whoever uses it looks whether anything is left of it. */
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

it(`of ${FORGERIES.toLocaleString('en')} mutated headers and bodies none is accepted, and what was signed is`, async () => {
  const accepted = [];
  let tried = 0;
  for (const { body, signature } of fc.sample(forgery, { numRuns: Math.ceil(FORGERIES * 1.05), seed: 20_260_629 })) {
    if (body.equals(BODY) && signature === HEADER) continue;
    tried++;
    if ((await kindOf(body, signature)) !== 'forged') accepted.push({ body, signature });
  }
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(FORGERIES);
  expect(await kindOf(BODY, HEADER)).toBe('published');
});

it('a request of whatever shape is answered, and never one that was not signed accepted', async () => {
  // Nothing listens there: whatever needs AWS fails at once.
  process.env.AWS_ENDPOINT_URL = 'http://127.0.0.1:1';
  for (const level of ['log', 'info', 'warn', 'error'] as const) jest.spyOn(console, level).mockReturnValue(undefined);
  const { handler } = await import('../../lambda/receiver/handler');
  const anyHeaders = fc.dictionary(
    fc.constantFrom('x-hub-signature', 'X-Hub-Signature', 'content-type', '__proto__', ''),
    fc.oneof(fc.anything(), fc.constant(HEADER), mutated(header).map(String)),
  );
  const anyEvent = fc.record(
    {
      httpMethod: fc.oneof(fc.constantFrom('POST', 'GET', 'post', ''), fc.anything()),
      headers: fc.oneof(anyHeaders, fc.constant(null)),
      body: fc.oneof(fc.anything(), fc.string(), fc.constant(null), mutated(BODY).map(String)),
      isBase64Encoded: fc.oneof(fc.boolean(), fc.anything()),
      requestContext: fc.anything(),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(anyEvent, async (event) => {
      const answer = await handler(event as APIGatewayProxyEvent);
      expect([400, 401, 503]).toContain(answer.statusCode);
      expect(answer.body).toBe('');
    }),
    { numRuns: 2000, seed: 20_260_629 },
  );
  jest.restoreAllMocks();
});
