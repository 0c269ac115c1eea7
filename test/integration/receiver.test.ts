import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { textWith } from '../receiver/builders';
import type { Faults } from './fault-proxy';
import { type Moto, startMoto } from './moto';
import { ReceiverParts, SECRET } from './receiver-parts';

const ONE_MB = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;
/** The calls of a cold start: the client secret in its two versions. */
const SECRETS = ['GetSecretValue', 'GetSecretValue'];
/** The calls of each notification. */
const DELIVERY = ['PutItem', 'PutEvents', 'UpdateItem'];

let moto: Moto;
let parts: ReceiverParts;
let logged: string[];

beforeAll(async () => {
  moto = await startMoto();
});
beforeEach(async () => {
  logged = [];
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, level).mockImplementation((...args: unknown[]) => void logged.push(args.join(' ')));
  }
  parts = await ReceiverParts.make(moto);
});
afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});
afterAll(() => moto?.stop());

type Handler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

/** A cold start: the function as Lambda first loads it. */
async function coldStart(): Promise<Handler> {
  jest.resetModules();
  return (await import('../../lambda/receiver/handler')).handler;
}

function request(body: string | null, headers: Record<string, string> = {}): APIGatewayProxyEvent {
  return {
    httpMethod: 'POST',
    headers,
    body,
    isBase64Encoded: false,
    requestContext: { requestId: 'r-1', identity: { sourceIp: '34.197.76.213' } },
  } as unknown as APIGatewayProxyEvent;
}

const signed = (body: string, secret = SECRET) => request(body, { 'X-Hub-Signature': signatureOf(body, secret) });
const statusOf = async (handler: Handler, event: APIGatewayProxyEvent) => (await handler(event)).statusCode;

/** These calls fail, as an outage makes them. */
function failing(...calls: string[]): Faults {
  return (call) => (calls.some((name) => call.startsWith(name)) ? { code: 'InternalFailure', status: 500 } : undefined);
}

/** The clock goes on by itself, from a later time. */
function later(milliseconds: number): void {
  jest.useFakeTimers({
    now: Date.now() + milliseconds,
    doNotFake: [
      'setTimeout',
      'clearTimeout',
      'setImmediate',
      'clearImmediate',
      'nextTick',
      'queueMicrotask',
      'performance',
    ],
  });
}

describe('a notification', () => {
  it('is answered 200 once the event bus has it, as it was signed', async () => {
    const handler = await coldStart();
    const body = textWith({ created_at: 1_782_723_600, first_sent_at: 1_782_723_601, delivery_attempts: 2 });
    expect(await handler(signed(body))).toEqual({ statusCode: 200, body: '' });
    expect(moto.proxy.calls).toEqual([...SECRETS, ...DELIVERY]);
    expect(parts.published()).toEqual([
      {
        EventBusName: 'notifications',
        Source: 'intercom.webhook',
        DetailType: 'conversation.user.created',
        Detail: body,
        Time: 1_782_723_600,
      },
    ]);
  });

  it('takes three calls once the secret is known', async () => {
    const handler = await coldStart();
    for (const id of ['notif_1', 'notif_2', 'notif_3']) await handler(signed(notification(id)));
    expect(moto.proxy.calls).toEqual([...SECRETS, ...DELIVERY, ...DELIVERY, ...DELIVERY]);
  });

  it.each([
    ['a date that is a text', { created_at: '2026-06-29T08:00:00Z' }],
    ['a date that there is not', { created_at: 1e18 }],
    ['an id that is a number', { id: 42 }],
    ['no id and no date', { id: undefined, created_at: undefined }],
  ])('is not lost over %s', async (_name, odd) => {
    const handler = await coldStart();
    expect(await statusOf(handler, signed(textWith(odd)))).toBe(200);
    expect(parts.published()).toHaveLength(1);
  });

  it('without an id is published each time it comes: nothing tells that it is the same', async () => {
    const handler = await coldStart();
    const event = signed(textWith({ id: null }));
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    expect(parts.published()).toHaveLength(2);
    expect(moto.proxy.calls).not.toContain('PutItem');
  });

  it('that is a ping is answered, counted and not published', async () => {
    const handler = await coldStart();
    expect(await statusOf(handler, signed(textWith({ topic: 'ping', id: null })))).toBe(200);
    expect(moto.proxy.calls).toEqual(SECRETS);
  });

  it('whose answer from EventBridge was lost is sent there again: twice is better than never', async () => {
    const handler = await coldStart();
    let lost = 0;
    moto.proxy.fault = (call) => (call === 'PutEvents' && lost++ === 0 ? { drop: 'after' } : undefined);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(parts.publishedIds()).toEqual(['notif_1', 'notif_1']);
    expect(await parts.overflowed()).toEqual([]);
  });
});

describe('when EventBridge does not take it', () => {
  it.each([
    ['it fails', failing('PutEvents')],
    [
      'access to the bus is denied',
      (call: string) => (call === 'PutEvents' ? { code: 'AccessDeniedException' } : undefined),
    ],
    ['it throttles', (call: string) => (call === 'PutEvents' ? { code: 'ThrottlingException' } : undefined)],
  ])('the notification goes into the overflow, and is answered 200: %s', async (_case, fault) => {
    const handler = await coldStart();
    const body = textWith({ created_at: 1_782_723_600 });
    moto.proxy.fault = fault;
    expect(await statusOf(handler, signed(body))).toBe(200);
    const [message, ...others] = await parts.overflowed();
    expect(others).toEqual([]);
    expect(message?.Body).toBe(body);
    expect(message?.MessageAttributes).toMatchObject({
      topic: { StringValue: 'conversation.user.created' },
      id: { StringValue: 'notif_1' },
      time: { StringValue: '1782723600000' },
      receivedAt: { StringValue: expect.stringMatching(/^\d{13}$/) },
    });
    expect(logged.join()).toContain(
      'The event bus did not take it, so it went into the overflow (PublishError: PutEvents: ',
    );
  });

  it('a duplicate of what is in the overflow is answered 200, and is in there once', async () => {
    const handler = await coldStart();
    moto.proxy.fault = failing('PutEvents');
    const event = signed(notification('notif_1'));
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    moto.proxy.clear();
    expect(await statusOf(handler, event)).toBe(200);
    expect(await parts.overflowed()).toHaveLength(1);
    expect(parts.published()).toEqual([]);
  });

  it('nor SQS, the answer is 503, and the retry is published', async () => {
    const handler = await coldStart();
    moto.proxy.fault = failing('PutEvents', 'SendMessage');
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 503, body: '' });
    moto.proxy.clear();
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('nor SQS nor DynamoDB, the answer is 503 too', async () => {
    const handler = await coldStart();
    moto.proxy.fault = failing('PutEvents', 'SendMessage', 'PutItem', 'UpdateItem', 'DeleteItem');
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(503);
    expect(logged.join()).toContain(
      'The event bus did not take it (PublishError: PutEvents: InternalFailure: injected), nor did the overflow (InternalFailure: ',
    );
  });

  it.each([
    ['EventBridge', { PutEvents: 1 }, 200],
    ['SQS too', { PutEvents: 1, SendMessage: 2 }, 503],
    ['DynamoDB too', { PutItem: 2, PutEvents: 1, SendMessage: 2 }, 503],
  ])('the answer comes before the time is over, though calls hang: %s', async (_case, hanging, status) => {
    const handler = await coldStart();
    moto.proxy.before = (name) => (name in hanging ? new Promise(() => undefined) : Promise.resolve());
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(status);
    // What may take effect twice is tried again. An event is not: a consumer would get it twice.
    for (const [call, times] of Object.entries(hanging)) {
      expect(moto.proxy.calls.filter((name) => name === call)).toHaveLength(times);
    }
  });
});

describe('when AWS is slow', () => {
  const slow = (milliseconds: number) => () => ({ delayMs: milliseconds });

  it.each([
    ['every call takes 700 ms', slow(700)],
    ['every call takes 1,200 ms', slow(1200)],
    ['Secrets Manager takes 2 s', (call: string) => (call === 'GetSecretValue' ? { delayMs: 2000 } : undefined)],
    ['DynamoDB takes 2 s', (call: string) => (call.endsWith('Item') ? { delayMs: 2000 } : undefined)],
  ])('a cold start answers 200 and publishes all the same: %s', async (_case, fault) => {
    const handler = await coldStart();
    moto.proxy.fault = fault;
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('EventBridge may take 3 s: the notification goes into the overflow meanwhile, and is answered 200', async () => {
    const handler = await coldStart();
    await handler(signed(notification('warm')));
    moto.proxy.fault = (call) => (call === 'PutEvents' ? { delayMs: 6000 } : undefined);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(await parts.overflowed()).toHaveLength(1);
    expect(logged.join()).toContain('so it went into the overflow (no answer yet)');
  });
});

describe('a notification too large for the bus', () => {
  const pad = 'x'.repeat(ONE_MB);

  it('is stored, and its event, which says where, is in the queue', async () => {
    const handler = await coldStart();
    const body = textWith({ delivery_attempts: 2, pad });
    expect(await statusOf(handler, signed(body))).toBe(200);
    const [[key, text] = [], ...others] = await parts.stored();
    expect(others).toEqual([]);
    expect(text).toBe(body);
    const [message] = await parts.overflowed();
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      type: 'notification_event_stored',
      id: 'notif_1',
      topic: 'conversation.user.created',
      delivery_attempts: 2,
      stored: { bucket: 'overflow', key, bytes: Buffer.byteLength(body) },
    });
    expect(moto.proxy.calls).not.toContain('PutEvents');
  });

  it.each(['ValidationException', 'RequestEntityTooLarge'])(
    'of this Region is stored too, and answered 200 without a warning: EventBridge says %s',
    async (code) => {
      const handler = await coldStart();
      const body = textWith({ pad: 'x'.repeat(300_000) });
      moto.proxy.fault = (call) => (call === 'PutEvents' ? { code } : undefined);
      expect(await statusOf(handler, signed(body))).toBe(200);
      expect([...(await parts.stored()).values()]).toEqual([body]);
      const [message] = await parts.overflowed();
      expect(JSON.parse(message?.Body ?? '')).toMatchObject({ type: 'notification_event_stored', id: 'notif_1' });
      expect(logged.join()).not.toContain('with warnings');
    },
  );

  it('is stored too when it holds a character that SQS refuses', async () => {
    const handler = await coldStart();
    const body = textWith({ note: 'Größe \uFFFF' });
    moto.proxy.fault = failing('PutEvents');
    expect(await statusOf(handler, signed(body))).toBe(200);
    expect([...(await parts.stored()).values()]).toEqual([body]);
  });

  it('is answered 503 when S3 does not take it, and a duplicate of it is not', async () => {
    const handler = await coldStart();
    moto.proxy.fault = failing('PUT /');
    expect(await statusOf(handler, signed(textWith({ pad })))).toBe(503);
    expect(await parts.overflowed()).toEqual([]);
    moto.proxy.clear();
    expect(await statusOf(handler, signed(textWith({ pad })))).toBe(200);
  });

  it('may have 4,500,000 bytes, and one more is answered 413', async () => {
    const handler = await coldStart();
    const largest = textWith({ pad: 'x'.repeat(4_500_000 - Buffer.byteLength(textWith({ pad: '' }))) });
    expect(await statusOf(handler, signed(largest))).toBe(200);
    expect(await statusOf(handler, signed(`${largest} `))).toBe(413);
    expect(await statusOf(handler, request(`${largest} `, { 'x-hub-signature': `sha1=${'0'.repeat(40)}` }))).toBe(401);
  });
});

describe('a duplicate', () => {
  it('of a published notification is answered 200 and not published', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    moto.proxy.calls.length = 0;
    expect(await statusOf(handler, signed(textWith({ id: 'notif_1', delivery_attempts: 2 })))).toBe(200);
    expect(moto.proxy.calls).toEqual(['PutItem']);
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('of one that is in flight waits for it, and all are answered 200', async () => {
    const handler = await coldStart();
    const event = signed(notification('notif_1'));
    const statuses = await Promise.all(Array.from({ length: 8 }, () => statusOf(handler, event)));
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 200));
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('of one that then fails is published in its place', async () => {
    const handler = await coldStart();
    await handler(signed(notification('warm')));
    const event = signed(notification('notif_1'));
    const firstFails = new Set(['PutEvents', 'SendMessage']);
    let begun: Promise<number> | undefined;
    moto.proxy.before = async (call) => {
      // The duplicate comes while the first one is being published.
      if (call === 'PutItem' && !begun) begun = statusOf(handler, event);
    };
    let failures = 0;
    moto.proxy.fault = (call) =>
      firstFails.has(call) && failures++ < 4 ? { code: 'InternalFailure', status: 500 } : undefined;
    const first = await statusOf(handler, event);
    expect([first, await begun].sort()).toEqual([200, 503]);
    expect(parts.publishedIds()).toEqual(['warm', 'notif_1']);
  });

  it('of one whose instance does not come to an end is answered 503, so that it is sent again', async () => {
    const handler = await coldStart();
    await parts.putSeen('notif_1', 'claimed', Date.now() + HOUR_MS, Date.now() / 1000 + 3600);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(503);
    expect(logged.join()).toContain('Notification notif_1 is being delivered by another instance');
    expect(parts.published()).toEqual([]);
  });

  it('that somebody else claimed since is theirs: a claim that ran out is not given back', async () => {
    const handler = await coldStart();
    moto.proxy.fault = failing('PutEvents', 'SendMessage');
    moto.proxy.before = async (call) => {
      if (call === 'DeleteItem')
        await parts.putSeen('notif_1', 'claimed', Date.now() + HOUR_MS, Date.now() / 1000 + 3600);
    };
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(503);
    expect(await parts.claimedBy('notif_1')).toBe('another instance');
  });

  it('waits for no instance that is gone: a claim ends with the time that its function has', async () => {
    const handler = await coldStart();
    const before = Date.now();
    await handler(signed(notification('notif_1')));
    const claim = moto.proxy.passed.find(({ call }) => call === 'PutItem');
    const until = Number(JSON.parse(claim?.body ?? '').Item.claimedUntil.N);
    expect(until).toBeGreaterThan(before);
    expect(until).toBeLessThanOrEqual(Date.now() + 4000);
  });

  it('of one whose instance was killed is published once its claim has run out', async () => {
    const handler = await coldStart();
    await parts.putSeen('notif_1', 'claimed', Date.now() - 1, Date.now() / 1000 + 3600);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it.each(['published', 'overflowed', 'claimed'])(
    'of one that was %s over 24 hours ago is a new one',
    async (phase) => {
      const handler = await coldStart();
      await parts.putSeen('notif_1', phase, Date.now() + HOUR_MS, Math.floor(Date.now() / 1000) - 1);
      expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
      expect(parts.publishedIds()).toEqual(['notif_1']);
    },
  );
});

describe('when the deduplication table', () => {
  it.each([
    ['fails', failing('PutItem', 'UpdateItem')],
    ['is gone', (call: string) => (/Item$/.test(call) ? { code: 'ResourceNotFoundException' } : undefined)],
    ['throttles', (call: string) => (/Item$/.test(call) ? { code: 'ThrottlingException' } : undefined)],
  ])('%s, the notification is published all the same, and so is a duplicate', async (_case, fault) => {
    const handler = await coldStart();
    moto.proxy.fault = fault;
    const event = signed(notification('notif_1'));
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    expect(parts.publishedIds()).toEqual(['notif_1', 'notif_1']);
    expect(logged.join()).toContain('The deduplication table did not answer, so a duplicate would be published too');
  });

  it('is not told that it was published, the answer is 200', async () => {
    const handler = await coldStart();
    moto.proxy.fault = failing('UpdateItem');
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(logged.join()).toContain('The deduplication table does not know that it is durable');
  });

  it('answers a claim too late, the claim stands', async () => {
    const handler = await coldStart();
    let lost = 0;
    moto.proxy.fault = (call) => (call === 'PutItem' && lost++ === 0 ? { drop: 'after' } : undefined);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(moto.proxy.calls.slice(SECRETS.length)).toEqual(['PutItem', ...DELIVERY]);
  });
});

describe('the client secret', () => {
  const secretCalls = () => moto.proxy.calls.filter((call) => call === 'GetSecretValue').length;
  const forged = () => request('{}', { 'x-hub-signature': `sha1=${'0'.repeat(40)}` });

  it('is asked for once, in both versions, not for each notification', async () => {
    const handler = await coldStart();
    for (const id of ['notif_1', 'notif_2']) await handler(signed(notification(id)));
    expect(secretCalls()).toBe(2);
  });

  it('is valid in the version before too, whenever the function started', async () => {
    await parts.putSecret('the-next-secret');
    const handler = await coldStart();
    expect(await statusOf(handler, signed(notification('notif_1'), SECRET))).toBe(200);
    expect(await statusOf(handler, signed(notification('notif_2'), 'the-next-secret'))).toBe(200);
    await parts.putSecret('the-one-after-that');
    expect(await statusOf(handler, signed(notification('notif_3'), 'the-one-after-that'))).toBe(200);
    expect(await statusOf(handler, signed(notification('notif_4'), 'the-next-secret'))).toBe(200);
    expect(await statusOf(handler, signed(notification('notif_5'), SECRET))).toBe(401);
  });

  it('of before the last two is valid no longer than five minutes', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    await parts.putSecret('second');
    await parts.putSecret('third');
    later(5 * 60 * 1000);
    expect(await statusOf(handler, signed(notification('notif_2')))).toBe(401);
    expect(await statusOf(handler, signed(notification('notif_3'), 'third'))).toBe(200);
  });

  it('is looked for anew at most once in 30 seconds, however many forgeries arrive', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    moto.proxy.calls.length = 0;
    for (let round = 0; round < 20; round++) expect(await statusOf(handler, forged())).toBe(401);
    await Promise.all(Array.from({ length: 20 }, () => handler(forged())));
    expect(secretCalls()).toBe(2);
    later(29_000);
    await handler(forged());
    expect(secretCalls()).toBe(2);
    later(1_000);
    await Promise.all(Array.from({ length: 20 }, () => handler(forged())));
    expect(secretCalls()).toBe(4);
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('that was just put in is found by all that come at once', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    await parts.putSecret('second');
    const requests = ['notif_2', 'notif_3', 'notif_4'].map((id) =>
      statusOf(handler, signed(notification(id), 'second')),
    );
    expect(await Promise.all(requests)).toEqual([200, 200, 200]);
  });

  it('is not asked for when the signature is of no form that Intercom sends', async () => {
    const handler = await coldStart();
    expect(await statusOf(handler, request('{}', { 'x-hub-signature': 'sha256=abc' }))).toBe(401);
    expect(moto.proxy.calls).toEqual([]);
  });

  it('may stand in white space, as a file or an editor leaves it', async () => {
    await parts.putSecret('\tsecond\n');
    const handler = await coldStart();
    expect(await statusOf(handler, signed(notification('notif_1'), 'second'))).toBe(200);
  });

  const placeholder = JSON.stringify({ placeholder: 'Put it here', random: 'x' });
  it.each([
    ['the placeholder', placeholder],
    ['a form of keys and values, as the console stores it', '{"client_secret":"abc"}'],
    ['white space', ' \n'],
  ])('that is still %s answers 503 and says what to do; once it is put in, notifications pass', async (_case, text) => {
    await parts.putSecret(text);
    await parts.putSecret(text);
    const handler = await coldStart();
    for (const secret of [text, text.trim(), '']) {
      expect(await statusOf(handler, signed(notification('notif_1'), secret || 'x'))).toBe(503);
    }
    expect(logged.join()).toMatch(/holds no client secret yet.*aws secretsmanager put-secret-value --secret-id arn:/);
    await parts.putSecret(SECRET);
    later(30_000);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    // The placeholder is now the version before, and no secret still.
    expect(await statusOf(handler, signed(notification('notif_2'), text))).toBe(401);
  });

  it.each([
    ['is gone', { code: 'ResourceNotFoundException' }],
    ['cannot be read', { code: 'AccessDeniedException' }],
    ['cannot be had', { code: 'InternalServiceError', status: 500 }],
  ])('that %s at a cold start answers 503, until it is there again', async (_case, fault) => {
    const handler = await coldStart();
    moto.proxy.fault = (call) => (call === 'GetSecretValue' ? fault : undefined);
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 503, body: '' });
    expect(logged.join()).toContain('No notification is accepted before it can be');
    moto.proxy.clear();
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
  });

  it('answers 503 in time when Secrets Manager never answers', async () => {
    const handler = await coldStart();
    moto.proxy.before = (call) => (call === 'GetSecretValue' ? new Promise(() => undefined) : Promise.resolve());
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(503);
    expect(secretCalls()).toBe(4);
  });

  it('that is known stays in force when Secrets Manager fails, and nothing waits for that each time', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    later(5 * 60 * 1000);
    moto.proxy.fault = failing('GetSecretValue');
    moto.proxy.calls.length = 0;
    expect(await statusOf(handler, signed(notification('notif_2')))).toBe(200);
    expect(secretCalls()).toBeGreaterThan(0);
    moto.proxy.calls.length = 0;
    expect(await statusOf(handler, signed(notification('notif_3')))).toBe(200);
    expect(secretCalls()).toBe(0);
    expect(logged.join()).toContain(
      'Secrets Manager is unavailable: the receiver keeps using the cached client secrets',
    );
  });
});

describe('a call', () => {
  it('by HEAD is answered without asking for anything', async () => {
    const handler = await coldStart();
    expect(await statusOf(handler, { ...request(null), httpMethod: 'HEAD' })).toBe(200);
    expect(moto.proxy.calls).toEqual([]);
    expect(logged).toEqual([]);
  });

  const header = { 'x-hub-signature': signatureOf('', SECRET) };
  it.each([
    ['without a body', request(null), 401],
    ['without headers', { ...request('{}'), headers: null } as unknown as APIGatewayProxyEvent, 401],
    ['with a body that is not UTF-8, unsigned', request('\ud800'), 401],
    ['with a body that is no text', { ...request(null), body: {} } as unknown as APIGatewayProxyEvent, 401],
    ['with a signature that is no text', { ...request('{}'), headers: { 'x-hub-signature': [] } } as never, 401],
    ['without a context', { ...request('{}'), requestContext: undefined } as unknown as APIGatewayProxyEvent, 401],
    ['with an empty body that is signed', request(null, header), 400],
    ['with base64 that is none', { ...request('%%%', header), isBase64Encoded: true }, 400],
    ['that is empty', {} as APIGatewayProxyEvent, 401],
  ])('%s is answered, and nothing is published', async (_name, event, status) => {
    const handler = await coldStart();
    expect(await statusOf(handler, event)).toBe(status);
    expect(parts.published()).toEqual([]);
  });
});

describe('the record of a call', () => {
  /** The lines that CloudWatch makes metrics of. */
  const records = () => logged.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line));
  const BY_STACK = ['service', 'stack'];

  it('is one line that holds what it was, how it was answered, and its metrics', async () => {
    const handler = await coldStart();
    const body = textWith({ delivery_attempts: 2 });
    await handler(signed(body));
    expect(logged).toHaveLength(1);
    expect(records()[0]).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'IntercomAllowlist',
            Dimensions: [BY_STACK],
            Metrics: [
              { Name: 'Accepted', Unit: 'Count' },
              { Name: 'Latency', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      service: 'receiver',
      stack: 'Test',
      Accepted: 1,
      Latency: expect.any(Number),
      outcome: 'published',
      status: 200,
      requestId: 'r-1',
      sourceIp: '34.197.76.213',
      bytes: Buffer.byteLength(body),
      notification: { id: 'notif_1', topic: 'conversation.user.created', deliveryAttempts: 2 },
    });
  });

  const metricsOf = ({ _aws }: { _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } }) =>
    _aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)).filter(
      (name) => name !== 'Latency',
    );

  it.each([
    ['a ping', signed(textWith({ topic: 'ping' })), [], ['Accepted']],
    ['an unknown topic', signed(textWith({ topic: 'something.quite.new' })), [], ['Accepted']],
    ['one in the overflow', signed(textWith()), ['PutEvents'], ['Accepted', 'Overflowed']],
    ['one that could not be stored', signed(textWith()), ['PutEvents', 'SendMessage'], ['DeliveryFailed']],
    ['one without a valid signature', request(textWith()), [], ['InvalidSignature']],
    ['no notification', signed('{}'), [], ['Invalid']],
    ['one that is too large', signed('x'.repeat(4_500_001)), [], ['DeliveryFailed']],
  ])('counts %s, and nothing that did not happen', async (_case, event, failingCalls, metrics) => {
    const handler = await coldStart();
    moto.proxy.fault = failing(...failingCalls);
    await handler(event);
    expect(records().map(metricsOf)).toEqual([metrics]);
    expect(records()[0]._aws.CloudWatchMetrics[0].Dimensions).toEqual([BY_STACK]);
  });

  it('counts a duplicate', async () => {
    const handler = await coldStart();
    for (const _time of [1, 2]) await handler(signed(textWith()));
    expect(records().map(metricsOf)).toEqual([['Accepted'], ['Duplicates']]);
  });

  it('holds neither body nor signature nor secret, whatever happens', async () => {
    const handler = await coldStart();
    const body = notification('notif_1');
    await handler(signed(body));
    await handler(signed(body));
    await handler(request(body, { 'x-hub-signature': signatureOf(body, 'invalid-signature') }));
    await handler(signed('{"secret-looking":"body"}'));
    await handler(signed(textWith({ id: 'notif_odd', delivery_attempts: { 'secret-looking': 'field' } })));
    moto.proxy.fault = failing('PutEvents');
    await handler(signed(notification('notif_2')));
    moto.proxy.fault = failing('PutEvents', 'SendMessage', 'Item');
    await handler(signed(notification('notif_3')));
    expect(records()).toHaveLength(7);
    expect(logged.join()).not.toMatch(/Grüße|secret-looking|sha1=|the-client-secret/);
  });
});
