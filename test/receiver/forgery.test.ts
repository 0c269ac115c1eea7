import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import fc from 'fast-check';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { ClientSecrets } from '../../lambda/receiver/client-secrets';
import { Deadline } from '../../lambda/receiver/deadline';
import type { Delivery } from '../../lambda/receiver/delivery';
import { receive } from '../../lambda/receiver/receive';
import type { SignatureHeaders } from '../../lambda/receiver/signature';
import { type LocalServer, serve } from '../serve';
import { bodySignatureOf, CONTEXT, SECRET } from './builders';

const FORGERIES = 100_000;

/** Of another app, in the line below. */
const OTHER_SECRET = 'the-client-secret-of-another-app';
const SECRETS = [SECRET, OTHER_SECRET];

const secretsManager = { send: async () => ({ SecretString: SECRETS.join('\n') }) } as unknown as SecretsManagerClient;
const delivery = { deliver: async () => ({ status: 'published', warnings: [] }) } as unknown as Delivery;
const secrets = new ClientSecrets(secretsManager, 'arn', () => undefined);
const kindOf = async (body: Buffer, signatures: SignatureHeaders) =>
  (await receive({ method: 'POST', body, signatures }, secrets, delivery, Deadline.after(60_000))).kind;

const TEXT = notification('notif_1');
const BODY = Buffer.from(TEXT);
const HUB = SECRETS.map((secret) => signatureOf(TEXT, secret));
const BODY_SIGNATURES = SECRETS.map((secret) => bodySignatureOf(TEXT, secret));
const HEADER = HUB[0] ?? '';

const isValid = ({ hub = '', body = '' }: SignatureHeaders) => HUB.includes(hub) || BODY_SIGNATURES.includes(body);

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

const hexDigits = (count: number) =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: count, maxLength: count }).map((some) => some.join(''));
const mutatedText = (text: string) => mutated(Buffer.from(text)).map((bytes) => bytes.toString('latin1'));
const anySecret = fc.oneof(
  fc.string(),
  ...SECRETS.map(mutatedText),
  fc.constantFrom('', SECRETS.join('\n'), SECRETS.join('')),
);

/** A header that is wrong for BODY: mutated, of the right form, of a wrong secret, or the digest of the other header. */
const hub = fc.oneof(
  fc.constantFrom(...HUB).chain(mutatedText),
  hexDigits(40).map((digits) => `sha1=${digits}`),
  fc.tuple(fc.constantFrom(...HUB), fc.integer({ min: 5, max: 44 }), hexDigits(1)).map(replaced),
  anySecret.map((secret) => signatureOf(TEXT, secret)),
  fc
    .constantFrom(...BODY_SIGNATURES)
    .chain((digits) => fc.constantFrom(digits, `sha256=${digits}`, `sha1=${digits}`, `sha1=${digits.slice(0, 40)}`)),
);
const bodySignature = fc.oneof(
  fc.constantFrom(...BODY_SIGNATURES).chain(mutatedText),
  hexDigits(64),
  fc.tuple(fc.constantFrom(...BODY_SIGNATURES), fc.nat(63), hexDigits(1)).map(replaced),
  anySecret.map((secret) => bodySignatureOf(TEXT, secret)),
  fc.constantFrom(...HUB).chain((header) => fc.constantFrom(header, header.slice(5), header.slice(5).padEnd(64, '0'))),
);

function replaced([text, at, digit]: [string, number, string]): string {
  return text.slice(0, at) + digit + text.slice(at + 1);
}

const forgery = fc.oneof(
  fc
    .record({ hub: fc.option(hub, { nil: undefined }), body: fc.option(bodySignature, { nil: undefined }) })
    .map((signatures) => ({ body: BODY, signatures })),
  fc
    .record({ hub: fc.constantFrom(...HUB), body: fc.constantFrom(...BODY_SIGNATURES) })
    .chain((signatures) => mutated(BODY).map((body) => ({ body, signatures }))),
);

it(`of ${FORGERIES.toLocaleString('en')} mutated headers and bodies none is accepted`, async () => {
  const accepted = [];
  let tried = 0;
  for (const { body, signatures } of fc.sample(forgery, { numRuns: Math.ceil(FORGERIES * 1.1), seed: 20_260_629 })) {
    if (body.equals(BODY) && isValid(signatures)) continue;
    tried++;
    if ((await kindOf(body, signatures)) !== 'invalid-signature') accepted.push({ body, signatures });
  }
  expect(accepted).toEqual([]);
  expect(tried).toBeGreaterThanOrEqual(FORGERIES);
});

it.each(
  SECRETS.flatMap((_secret, app) => [
    { hub: HUB[app], body: undefined },
    { hub: undefined, body: BODY_SIGNATURES[app] },
    { hub: HUB[app], body: BODY_SIGNATURES[1 - app] },
    { hub: HUB[app], body: '0'.repeat(64) },
    { hub: 'no signature', body: BODY_SIGNATURES[app] },
  ]),
)('a body with at least one valid signature is accepted: %j', async (signatures) => {
  expect(await kindOf(BODY, signatures)).toBe('published');
});

/** AWS without failures: it knows the secret, and accepts everything. */
function serveAws(): Promise<LocalServer> {
  const answer = JSON.stringify({ SecretString: SECRETS.join('\n'), Entries: [{ EventId: '1' }] });
  return serve((request, response) => void request.resume().on('end', () => response.end(answer)));
}

it('a request of any shape is answered, and accepted only if its bytes were signed', async () => {
  const aws = await serveAws();
  process.env.AWS_ENDPOINT_URL = aws.url;
  for (const level of ['log', 'info', 'warn', 'error'] as const) jest.spyOn(console, level).mockReturnValue(undefined);
  const { handler } = await import('../../lambda/receiver/handler');
  const anyHeaders = fc.dictionary(
    fc.constantFrom('x-hub-signature', 'X-Hub-Signature', 'X-Body-Signature', 'content-type', '__proto__', ''),
    fc.oneof(fc.anything(), fc.constantFrom(...HUB, ...BODY_SIGNATURES), mutatedText(HEADER)),
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
  await aws.stop();
});

/** Whether the bytes are those that were signed, with a signature of them, in whatever encoding. */
function isGenuine({ headers, body, isBase64Encoded }: Readonly<Record<string, unknown>>): boolean {
  const header = (wanted: RegExp) => Object.entries(headers ?? {}).find(([name]) => wanted.test(name))?.[1];
  const bytes = typeof body === 'string' ? Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8') : Buffer.alloc(0);
  return bytes.equals(BODY) && isValid({ hub: header(/^x-hub-signature$/i), body: header(/^x-body-signature$/i) });
}
