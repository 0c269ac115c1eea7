import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Env } from '../../lambda/shared/names';
import { notification, signatureOf } from '../../local/intercom';
import { type Moto, startMoto } from './moto';

const SECRET = 'the-client-secret';
let moto: Moto;

beforeAll(async () => {
  moto = await startMoto();
});
let logged: string[];
beforeEach(async () => {
  logged = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    jest.spyOn(console, level).mockImplementation((...args: unknown[]) => void logged.push(args.join(' ')));
  }
  await moto.reset();
  const secrets = new SecretsManagerClient(moto.direct);
  const { ARN } = await secrets.send(new CreateSecretCommand({ Name: 'client-secret', SecretString: SECRET }));
  await new EventBridgeClient(moto.direct).send(new CreateEventBusCommand({ Name: 'notifications' }));
  Object.assign(process.env, { [Env.clientSecretArn]: ARN, [Env.eventBusName]: 'notifications' });
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => moto?.stop());

/** A cold start: the function as Lambda first loads it. */
async function coldStart(): Promise<(event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>> {
  jest.resetModules();
  return (await import('../../lambda/receiver/handler')).handler;
}

function request(body: string | null, headers: Record<string, string> = {}): APIGatewayProxyEvent {
  return {
    httpMethod: 'POST',
    headers,
    body,
    isBase64Encoded: false,
    requestContext: { identity: { sourceIp: '34.197.76.213' } },
  } as unknown as APIGatewayProxyEvent;
}

const signed = (body: string) => request(body, { 'X-Hub-Signature': signatureOf(body, SECRET) });

describe('the receiver', () => {
  it('answers 200 once the event bus has the notification', async () => {
    const handler = await coldStart();
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 200, body: '' });
    expect(moto.proxy.calls).toEqual(['GetSecretValue', 'PutEvents']);
  });

  it.each([
    ['PutEvents fails', 'PutEvents', { code: 'InternalException', status: 500 }],
    ['access to the bus is denied', 'PutEvents', { code: 'AccessDeniedException' }],
    ['the secret cannot be read', 'GetSecretValue', { code: 'ResourceNotFoundException' }],
  ])('answers 503 when %s, so that Intercom sends it again', async (_name, call, fault) => {
    const handler = await coldStart();
    moto.proxy.fault = (name) => (name === call ? fault : undefined);
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 503, body: '' });
    moto.proxy.clear();
    expect((await handler(signed(notification('notif_1')))).statusCode).toBe(200);
  });

  it.each(['PutEvents', 'GetSecretValue'])('answers 503 in time when %s never answers', async (call) => {
    const handler = await coldStart();
    moto.proxy.before = (name) => (name === call ? new Promise(() => undefined) : Promise.resolve());
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 503, body: '' });
    expect(moto.proxy.calls.filter((name) => name === call)).toHaveLength(2);
  });

  it('goes on with the secret that it knows when Secrets Manager fails', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    jest.useFakeTimers({
      doNotFake: ['setTimeout', 'setImmediate', 'nextTick', 'queueMicrotask'],
      now: Date.now() + 61_000,
    });
    moto.proxy.fault = (name) =>
      name === 'GetSecretValue' ? { code: 'InternalServiceError', status: 500 } : undefined;
    expect((await handler(signed(notification('notif_2')))).statusCode).toBe(200);
    jest.useRealTimers();
    expect(moto.proxy.calls.filter((name) => name === 'GetSecretValue').length).toBeGreaterThan(1);
  });

  it.each([
    ['a date that is a text', { created_at: '2026-06-29T08:00:00Z' }],
    ['a date that there is not', { created_at: 1e18 }],
    ['an id that is a number', { id: 42 }],
    ['no id and no date', { id: undefined, created_at: undefined }],
  ])('loses no notification over %s', async (_name, odd) => {
    const handler = await coldStart();
    const body = JSON.stringify({ ...JSON.parse(notification('notif_1')), ...odd });
    expect((await handler(signed(body))).statusCode).toBe(200);
    expect(moto.proxy.calls).toContain('PutEvents');
  });

  it('asks for the secret once, not for each notification', async () => {
    const handler = await coldStart();
    for (const id of ['notif_1', 'notif_2', 'notif_3']) await handler(signed(notification(id)));
    expect(moto.proxy.calls).toEqual(['GetSecretValue', 'PutEvents', 'PutEvents', 'PutEvents']);
  });

  it('answers HEAD without asking for anything', async () => {
    const handler = await coldStart();
    expect((await handler({ ...request(null), httpMethod: 'HEAD' })).statusCode).toBe(200);
    expect(moto.proxy.calls).toEqual([]);
  });

  it.each([
    ['no body', request(null), 401],
    ['no headers', { ...request('{}'), headers: null } as unknown as APIGatewayProxyEvent, 401],
    ['a body that is not UTF-8, unsigned', request('\ud800'), 401],
  ])('%s -> 401, and nothing is published', async (_name, event, status) => {
    const handler = await coldStart();
    expect((await handler(event)).statusCode).toBe(status);
    expect(moto.proxy.calls).toEqual(['GetSecretValue']);
  });

  it('puts neither body nor signature nor secret into a log', async () => {
    const handler = await coldStart();
    const body = notification('notif_1');
    await handler(signed(body));
    await handler(request(body, { 'x-hub-signature': signatureOf(body, 'forged') }));
    await handler(signed('{"secret-looking":"body"}'));
    expect(logged).toHaveLength(3);
    expect(logged.join()).not.toMatch(/Grüße|secret-looking|sha1=|the-client-secret/);
  });
});
