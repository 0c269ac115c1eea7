import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { bodySignatureOf, CONTEXT, eventWith, SECRET, textWith } from '../receiver/builders';
import { failing, setUpReceiver } from './receiver-parts';

const ONE_MB = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;
const SHA256_OF_BRACES = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a';
/** The calls of a cold start: both versions of the client secret. */
const SECRETS = ['GetSecretValue', 'GetSecretValue'];
/** The calls of each notification. */
const DELIVERY = ['PutItem', 'PutEvents', 'UpdateItem'];

const setup = setUpReceiver();

type Handler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

/** A cold start: loads the function as Lambda does first. */
async function coldStart(): Promise<Handler> {
  jest.resetModules();
  const { handler } = await import('../../lambda/receiver/handler');
  return (event) => handler(event, CONTEXT);
}

const signed = (body: string, secret = SECRET) => eventWith(body, { 'X-Hub-Signature': signatureOf(body, secret) });
const statusOf = async (handler: Handler, event: APIGatewayProxyEvent) => (await handler(event)).statusCode;

/** Stops the clock at a later time. Timers keep running. */
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
  it('is answered 200 once it is on the event bus, as it was signed', async () => {
    const handler = await coldStart();
    const body = textWith({ created_at: 1_782_723_600, first_sent_at: 1_782_723_601, delivery_attempts: 2 });
    expect(await handler(signed(body))).toEqual({ statusCode: 200, body: '' });
    expect(setup.moto.proxy.calls).toEqual([...SECRETS, ...DELIVERY]);
    expect(setup.parts.published()).toEqual([
      {
        EventBusName: 'notifications',
        Source: 'intercom.webhook',
        DetailType: 'conversation.user.created',
        Detail: body,
        Time: 1_782_723_600,
      },
    ]);
  });

  it('takes three AWS calls once the secret is cached', async () => {
    const handler = await coldStart();
    for (const id of ['notif_1', 'notif_2', 'notif_3']) await handler(signed(notification(id)));
    expect(setup.moto.proxy.calls).toEqual([...SECRETS, ...DELIVERY, ...DELIVERY, ...DELIVERY]);
  });

  it.each([
    ['a date that is a text', { created_at: '2026-06-29T08:00:00Z' }],
    ['an impossible date', { created_at: 1e18 }],
    ['an id that is a number', { id: 42 }],
    ['no id and no date', { id: undefined, created_at: undefined }],
  ])('is published in spite of %s', async (_name, odd) => {
    const handler = await coldStart();
    expect(await statusOf(handler, signed(textWith(odd)))).toBe(200);
    expect(setup.parts.published()).toHaveLength(1);
  });

  it('without an id is published each time, because duplicates cannot be detected', async () => {
    const handler = await coldStart();
    const event = signed(textWith({ id: null }));
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    expect(setup.parts.published()).toHaveLength(2);
    expect(setup.moto.proxy.calls).not.toContain('PutItem');
  });

  it('that is a ping is answered 200 and not published', async () => {
    const handler = await coldStart();
    expect(await statusOf(handler, signed(textWith({ topic: 'ping', id: null })))).toBe(200);
    expect(setup.moto.proxy.calls).toEqual(SECRETS);
  });

  it('is published again if EventBridge accepted it but its answer was lost: twice is better than never', async () => {
    const handler = await coldStart();
    let lost = 0;
    setup.moto.proxy.fault = (call) => (call === 'PutEvents' && lost++ === 0 ? { drop: 'after' } : undefined);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(setup.parts.publishedIds()).toEqual(['notif_1', 'notif_1']);
    expect(await setup.parts.overflowed()).toEqual([]);
  });
});

describe('another call of Intercom to the app, signed by X-Body-Signature,', () => {
  const body = '{"workspace_id":"a86dr8yl","component_id":"submit"}';
  const event = eventWith(body, { 'X-Body-Signature': bodySignatureOf(body) });

  it('is answered 200 and published each time, with a detail-type that is not a topic', async () => {
    const handler = await coldStart();
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    expect(setup.parts.published()).toMatchObject([
      { Source: 'intercom.webhook', DetailType: 'Intercom App Request', Detail: body },
      { Source: 'intercom.webhook', DetailType: 'Intercom App Request', Detail: body },
    ]);
  });

  it('goes to the overflow when EventBridge does not accept it', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('PutEvents');
    expect(await statusOf(handler, event)).toBe(200);
    const [message] = await setup.parts.overflowed();
    expect(message).toMatchObject({
      Body: body,
      MessageAttributes: { topic: { StringValue: 'Intercom App Request' } },
    });
  });
});

describe('when EventBridge does not accept a notification', () => {
  it.each([
    ['it fails', failing('PutEvents')],
    [
      'access to the bus is denied',
      (call: string) => (call === 'PutEvents' ? { code: 'AccessDeniedException' } : undefined),
    ],
    ['it throttles', (call: string) => (call === 'PutEvents' ? { code: 'ThrottlingException' } : undefined)],
  ])('it goes to the overflow and is answered 200: %s', async (_case, fault) => {
    const handler = await coldStart();
    const body = textWith({ created_at: 1_782_723_600 });
    setup.moto.proxy.fault = fault;
    expect(await statusOf(handler, signed(body))).toBe(200);
    const [message, ...others] = await setup.parts.overflowed();
    expect(others).toEqual([]);
    expect(message?.Body).toBe(body);
    expect(message?.MessageAttributes).toMatchObject({
      topic: { StringValue: 'conversation.user.created' },
      id: { StringValue: 'notif_1' },
      time: { StringValue: '1782723600000' },
      receivedAt: { StringValue: expect.stringMatching(/^\d{13}$/) },
    });
    expect(setup.logged.join()).toContain(
      'The event bus did not accept it, so it went to the overflow (PublishError: PutEvents: ',
    );
  });

  it('a duplicate of it is answered 200, and the overflow holds it once', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('PutEvents');
    const event = signed(notification('notif_1'));
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    setup.moto.proxy.clear();
    expect(await statusOf(handler, event)).toBe(200);
    expect(await setup.parts.overflowed()).toHaveLength(1);
    expect(setup.parts.published()).toEqual([]);
  });

  it('nor does SQS, the answer is 503, and the retry is published', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('PutEvents', 'SendMessage');
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 503, body: '' });
    setup.moto.proxy.clear();
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });

  it('nor does SQS, and DynamoDB fails, the answer is 503 too', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('PutEvents', 'SendMessage', 'PutItem', 'UpdateItem', 'DeleteItem');
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(503);
    expect(setup.logged.join()).toContain(
      'The event bus did not accept it (PublishError: PutEvents: InternalFailure: injected), nor did the overflow (InternalFailure: ',
    );
  });
});

describe('a notification too large for the bus', () => {
  const pad = 'x'.repeat(ONE_MB);

  it('is stored in the bucket, and the queue holds an event that references it', async () => {
    const handler = await coldStart();
    const body = textWith({ delivery_attempts: 2, pad });
    expect(await statusOf(handler, signed(body))).toBe(200);
    const [[key, text] = [], ...others] = await setup.parts.stored();
    expect(others).toEqual([]);
    expect(text).toBe(body);
    const [message] = await setup.parts.overflowed();
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      type: 'notification_event_stored',
      id: 'notif_1',
      topic: 'conversation.user.created',
      delivery_attempts: 2,
      stored: { bucket: 'overflow', key, bytes: Buffer.byteLength(body) },
    });
    expect(setup.moto.proxy.calls).not.toContain('PutEvents');
  });

  it.each(['ValidationException', 'RequestEntityTooLarge'])(
    'by the limit of this Region is stored too, and answered 200 without a warning: EventBridge answers %s',
    async (code) => {
      const handler = await coldStart();
      const body = textWith({ pad: 'x'.repeat(300_000) });
      setup.moto.proxy.fault = (call) => (call === 'PutEvents' ? { code } : undefined);
      expect(await statusOf(handler, signed(body))).toBe(200);
      expect([...(await setup.parts.stored()).values()]).toEqual([body]);
      const [message] = await setup.parts.overflowed();
      expect(JSON.parse(message?.Body ?? '')).toMatchObject({ type: 'notification_event_stored', id: 'notif_1' });
      expect(setup.logged.join()).not.toContain('with warnings');
    },
  );

  it('by the limit of SQS in this Region is stored too, when EventBridge is down', async () => {
    const handler = await coldStart();
    const body = textWith({ pad: 'x'.repeat(300_000) });
    setup.moto.proxy.fault = failing('PutEvents');
    setup.moto.proxy.refuse = (call, sent) =>
      call === 'SendMessage' && sent.length > 262_144 ? { code: 'InvalidParameterValue' } : undefined;
    expect(await statusOf(handler, signed(body))).toBe(200);
    expect([...(await setup.parts.stored()).values()]).toEqual([body]);
    expect(await setup.parts.overflowed()).toHaveLength(1);
  });

  it('is not the only one to be stored: so is one with a character that SQS rejects', async () => {
    const handler = await coldStart();
    const body = textWith({ note: 'Größe \uFFFF' });
    setup.moto.proxy.fault = failing('PutEvents');
    expect(await statusOf(handler, signed(body))).toBe(200);
    expect([...(await setup.parts.stored()).values()]).toEqual([body]);
  });

  it('is answered 503 when S3 does not accept it, and the retry is accepted', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('PUT /');
    expect(await statusOf(handler, signed(textWith({ pad })))).toBe(503);
    expect(await setup.parts.overflowed()).toEqual([]);
    setup.moto.proxy.clear();
    expect(await statusOf(handler, signed(textWith({ pad })))).toBe(200);
  });

  it('may have 4,500,000 bytes, and is answered 413 with one byte more', async () => {
    const handler = await coldStart();
    const largest = textWith({ pad: 'x'.repeat(4_500_000 - Buffer.byteLength(textWith({ pad: '' }))) });
    expect(await statusOf(handler, signed(largest))).toBe(200);
    expect(await statusOf(handler, signed(`${largest} `))).toBe(413);
    expect(await statusOf(handler, eventWith(`${largest} `, { 'x-hub-signature': `sha1=${'0'.repeat(40)}` }))).toBe(
      401,
    );
  });
});

describe('a duplicate', () => {
  it('of a published notification is answered 200 and not published', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    setup.moto.proxy.calls.length = 0;
    expect(await statusOf(handler, signed(textWith({ id: 'notif_1', delivery_attempts: 2 })))).toBe(200);
    expect(setup.moto.proxy.calls).toEqual(['PutItem']);
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });

  it('of a notification in flight waits for it, and all are answered 200', async () => {
    const handler = await coldStart();
    const event = signed(notification('notif_1'));
    const statuses = await Promise.all(Array.from({ length: 8 }, () => statusOf(handler, event)));
    expect(statuses).toEqual(Array.from({ length: 8 }, () => 200));
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });

  it('of a notification in flight is published if the first one fails', async () => {
    const handler = await coldStart();
    await handler(signed(notification('warm')));
    const event = signed(notification('notif_1'));
    const firstFails = new Set(['PutEvents', 'SendMessage']);
    let begun: Promise<number> | undefined;
    setup.moto.proxy.before = async (call) => {
      // The duplicate comes while the first one is in flight.
      if (call === 'PutItem' && !begun) begun = statusOf(handler, event);
    };
    let failures = 0;
    setup.moto.proxy.fault = (call) =>
      firstFails.has(call) && failures++ < 4 ? { code: 'InternalFailure', status: 500 } : undefined;
    const first = await statusOf(handler, event);
    expect([first, await begun].sort()).toEqual([200, 503]);
    expect(setup.parts.publishedIds()).toEqual(['warm', 'notif_1']);
  });

  it('that another instance has claimed since stays claimed when the first instance fails', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('PutEvents', 'SendMessage');
    setup.moto.proxy.before = async (call) => {
      if (call === 'DeleteItem')
        await setup.parts.putSeen('notif_1', 'claimed', Date.now() + HOUR_MS, Date.now() / 1000 + 3600);
    };
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(503);
    expect(await setup.parts.claimedBy('notif_1')).toBe('another instance');
  });

  it('does not wait for an instance that is gone: a claim expires with the time of its invocation', async () => {
    const handler = await coldStart();
    const before = Date.now();
    await handler(signed(notification('notif_1')));
    const claim = setup.moto.proxy.passed.find(({ call }) => call === 'PutItem');
    const until = Number(JSON.parse(claim?.body ?? '').Item.claimedUntil.N);
    expect(until).toBeGreaterThan(before);
    expect(until).toBeLessThanOrEqual(Date.now() + CONTEXT.getRemainingTimeInMillis());
  });

  it('of a notification whose instance was killed is published once the claim has expired', async () => {
    const handler = await coldStart();
    await setup.parts.putSeen('notif_1', 'claimed', Date.now() - 1, Date.now() / 1000 + 3600);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });

  it.each(['published', 'overflowed', 'claimed'])(
    'of a notification that was %s more than 24 hours ago is treated as new',
    async (phase) => {
      const handler = await coldStart();
      await setup.parts.putSeen('notif_1', phase, Date.now() + HOUR_MS, Math.floor(Date.now() / 1000) - 1);
      expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
      expect(setup.parts.publishedIds()).toEqual(['notif_1']);
    },
  );
});

describe('when the deduplication table', () => {
  it.each([
    ['fails', failing('PutItem', 'UpdateItem')],
    ['is gone', (call: string) => (/Item$/.test(call) ? { code: 'ResourceNotFoundException' } : undefined)],
    ['throttles', (call: string) => (/Item$/.test(call) ? { code: 'ThrottlingException' } : undefined)],
  ])('%s, a notification is still published, and so is its duplicate', async (_case, fault) => {
    const handler = await coldStart();
    setup.moto.proxy.fault = fault;
    const event = signed(notification('notif_1'));
    expect([await statusOf(handler, event), await statusOf(handler, event)]).toEqual([200, 200]);
    expect(setup.parts.publishedIds()).toEqual(['notif_1', 'notif_1']);
    expect(setup.logged.join()).toContain(
      'The deduplication table is unavailable, so a duplicate would be published too',
    );
  });

  it('cannot record that a notification was published, the answer is still 200', async () => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing('UpdateItem');
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(setup.logged.join()).toContain('The deduplication table could not record that it is durable');
  });

  it('accepts a claim but its answer is lost, the claim is valid', async () => {
    const handler = await coldStart();
    let lost = 0;
    setup.moto.proxy.fault = (call) => (call === 'PutItem' && lost++ === 0 ? { drop: 'after' } : undefined);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    expect(setup.moto.proxy.calls.slice(SECRETS.length)).toEqual(['PutItem', ...DELIVERY]);
  });
});

describe('the client secret', () => {
  const secretCalls = () => setup.moto.proxy.calls.filter((call) => call === 'GetSecretValue').length;
  const invalid = () => eventWith('{}', { 'x-hub-signature': `sha1=${'0'.repeat(40)}` });

  it('is read once, in both versions, not for each notification', async () => {
    const handler = await coldStart();
    for (const id of ['notif_1', 'notif_2']) await handler(signed(notification(id)));
    expect(secretCalls()).toBe(2);
  });

  it('is valid in its previous version too, but not in older ones', async () => {
    await setup.parts.putSecret('the-next-secret');
    const handler = await coldStart();
    expect(await statusOf(handler, signed(notification('notif_1'), SECRET))).toBe(200);
    expect(await statusOf(handler, signed(notification('notif_2'), 'the-next-secret'))).toBe(200);
    await setup.parts.putSecret('the-one-after-that');
    expect(await statusOf(handler, signed(notification('notif_3'), 'the-one-after-that'))).toBe(200);
    expect(await statusOf(handler, signed(notification('notif_4'), 'the-next-secret'))).toBe(200);
    expect(await statusOf(handler, signed(notification('notif_5'), SECRET))).toBe(401);
  });

  it('that was replaced twice is valid for at most five more minutes', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    await setup.parts.putSecret('second');
    await setup.parts.putSecret('the-third');
    later(5 * 60 * 1000);
    expect(await statusOf(handler, signed(notification('notif_2')))).toBe(401);
    expect(await statusOf(handler, signed(notification('notif_3'), 'the-third'))).toBe(200);
  });

  it('is read again at most once in 30 seconds, however many invalid signatures arrive', async () => {
    const handler = await coldStart();
    later(0);
    await handler(signed(notification('notif_1')));
    setup.moto.proxy.calls.length = 0;
    for (let round = 0; round < 20; round++) expect(await statusOf(handler, invalid())).toBe(401);
    await Promise.all(Array.from({ length: 20 }, () => handler(invalid())));
    expect(secretCalls()).toBe(2);
    later(29_000);
    await handler(invalid());
    expect(secretCalls()).toBe(2);
    later(1_000);
    await Promise.all(Array.from({ length: 20 }, () => handler(invalid())));
    expect(secretCalls()).toBe(4);
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });

  it('that was just stored is used by all requests that arrive at once', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    await setup.parts.putSecret('second');
    const requests = ['notif_2', 'notif_3', 'notif_4'].map((id) =>
      statusOf(handler, signed(notification(id), 'second')),
    );
    expect(await Promise.all(requests)).toEqual([200, 200, 200]);
  });

  it('is not read when the signature does not have the form that Intercom sends', async () => {
    const handler = await coldStart();
    expect(await statusOf(handler, eventWith('{}', { 'x-hub-signature': 'sha256=abc' }))).toBe(401);
    expect(setup.moto.proxy.calls).toEqual([]);
  });

  it('may be surrounded by white space, as a file or an editor leaves it', async () => {
    await setup.parts.putSecret('\tsecond\n');
    const handler = await coldStart();
    expect(await statusOf(handler, signed(notification('notif_1'), 'second'))).toBe(200);
  });

  const placeholder = JSON.stringify({ placeholder: 'Put it here', random: 'x' });
  it.each([
    ['the placeholder', placeholder],
    ['a form of keys and values, as the console stores it', '{"client_secret":"abc"}'],
    ['white space', ' \n'],
  ])('that is still %s leads to 503 and a log line that says what to do, until it is stored', async (_case, text) => {
    await setup.parts.putSecret(text);
    await setup.parts.putSecret(text);
    const handler = await coldStart();
    for (const secret of [text, text.trim(), '']) {
      expect(await statusOf(handler, signed(notification('notif_1'), secret || 'x'))).toBe(503);
    }
    expect(setup.logged.join()).toMatch(
      /holds no client secret yet.*aws secretsmanager put-secret-value --secret-id arn:/,
    );
    await setup.parts.putSecret(SECRET);
    later(30_000);
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
    // The placeholder is now the previous version, and still not a secret.
    expect(await statusOf(handler, signed(notification('notif_2'), text))).toBe(401);
  });

  it.each([
    ['does not exist', { code: 'ResourceNotFoundException' }],
    ['must not be read', { code: 'AccessDeniedException' }],
    ['is unavailable', { code: 'InternalServiceError', status: 500 }],
  ])('that %s at a cold start leads to 503, until it can be read', async (_case, fault) => {
    const handler = await coldStart();
    setup.moto.proxy.fault = (call) => (call === 'GetSecretValue' ? fault : undefined);
    expect(await handler(signed(notification('notif_1')))).toEqual({ statusCode: 503, body: '' });
    expect(setup.logged.join()).toContain('No notification is accepted until it can be read');
    setup.moto.proxy.clear();
    expect(await statusOf(handler, signed(notification('notif_1')))).toBe(200);
  });

  it('that is cached stays valid when Secrets Manager fails, and not every request tries to read it', async () => {
    const handler = await coldStart();
    await handler(signed(notification('notif_1')));
    later(5 * 60 * 1000);
    setup.moto.proxy.fault = failing('GetSecretValue');
    setup.moto.proxy.calls.length = 0;
    expect(await statusOf(handler, signed(notification('notif_2')))).toBe(200);
    expect(secretCalls()).toBeGreaterThan(0);
    expect(await statusOf(handler, signed(notification('notif_3')))).toBe(200);
    // Counted by what each attempt logs: a retry by the SDK may still be on its way after the first answer.
    const warning = 'Secrets Manager is unavailable: the receiver keeps using the cached client secrets';
    expect(setup.logged.filter((line) => line.includes(warning))).toHaveLength(1);
  });
});

describe('a request', () => {
  it('by HEAD is answered 200 without any AWS call', async () => {
    const handler = await coldStart();
    expect(await statusOf(handler, { ...eventWith(null), httpMethod: 'HEAD' })).toBe(200);
    expect(setup.moto.proxy.calls).toEqual([]);
    expect(setup.logged).toEqual([]);
  });

  const header = { 'x-hub-signature': signatureOf('', SECRET) };
  it.each([
    ['without a body', eventWith(null), 401],
    ['without headers', { ...eventWith('{}'), headers: null } as unknown as APIGatewayProxyEvent, 401],
    ['with a body that is not UTF-8, unsigned', eventWith('\ud800'), 401],
    ['with a body that is not a string', { ...eventWith(null), body: {} } as unknown as APIGatewayProxyEvent, 401],
    ['with a signature that is not a string', { ...eventWith('{}'), headers: { 'x-hub-signature': [] } } as never, 401],
    ['without a context', { ...eventWith('{}'), requestContext: undefined } as unknown as APIGatewayProxyEvent, 401],
    ['with an empty body that is signed', eventWith(null, header), 400],
    ['with invalid base64', { ...eventWith('%%%', header), isBase64Encoded: true }, 400],
    ['that is empty', {} as APIGatewayProxyEvent, 401],
  ])('%s is answered, and nothing is published', async (_name, event, status) => {
    const handler = await coldStart();
    expect(await statusOf(handler, event)).toBe(status);
    expect(setup.parts.published()).toEqual([]);
  });
});

describe('the log record of a request', () => {
  /** The lines from which CloudWatch extracts metrics. */
  const records = () => setup.logged.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line));
  const BY_STACK = ['service', 'stack'];

  it('is one line with the notification, the answer and the metrics', async () => {
    const handler = await coldStart();
    const body = textWith({ delivery_attempts: 2 });
    await handler(signed(body));
    expect(setup.logged).toHaveLength(1);
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
      signedBy: { algorithm: 'sha1', version: 'current', line: 1 },
      notification: { id: 'notif_1', topic: 'conversation.user.created', deliveryAttempts: 2 },
    });
  });

  it('has length and SHA-256 of a body without a valid signature', async () => {
    const handler = await coldStart();
    await handler(eventWith('{}', { 'x-hub-signature': signatureOf('{}', 'wrong') }));
    expect(records()[0]).toMatchObject({
      outcome: 'invalid-signature',
      status: 401,
      bytes: 2,
      bodySha256: SHA256_OF_BRACES,
    });
  });

  it('says which of several client secrets signed, by version and line', async () => {
    await setup.parts.putSecret('app-one\napp-two-before');
    await setup.parts.putSecret('app-one\napp-two-now');
    const handler = await coldStart();
    for (const [n, secret] of ['app-one', 'app-two-now', 'app-two-before'].entries()) {
      await handler(signed(textWith({ id: `notif_${n}` }), secret));
    }
    expect(records().map(({ status, signedBy }) => [status, signedBy.version, signedBy.line])).toEqual([
      [200, 'current', 1],
      [200, 'current', 2],
      [200, 'previous', 2],
    ]);
    expect(setup.logged.join()).not.toMatch(/app-(one|two)/);
  });

  const metricsOf = ({ _aws }: { _aws: { CloudWatchMetrics: { Metrics: { Name: string }[] }[] } }) =>
    _aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name)).filter(
      (name) => name !== 'Latency',
    );

  it.each([
    ['a ping', signed(textWith({ topic: 'ping' })), [], ['Accepted']],
    ['an unknown topic', signed(textWith({ topic: 'something.quite.new' })), [], ['Accepted']],
    ['a notification in the overflow', signed(textWith()), ['PutEvents'], ['Accepted', 'Overflowed']],
    ['a notification that could not be stored', signed(textWith()), ['PutEvents', 'SendMessage'], ['DeliveryFailed']],
    ['a request without a valid signature', eventWith(textWith()), [], ['InvalidSignature']],
    ['a body that is not a notification', signed('{}'), [], ['Invalid']],
    ['a notification that is too large', signed('x'.repeat(4_500_001)), [], ['DeliveryFailed']],
  ])('counts %s, and nothing else', async (_case, event, failingCalls, metrics) => {
    const handler = await coldStart();
    setup.moto.proxy.fault = failing(...failingCalls);
    await handler(event);
    expect(records().map(metricsOf)).toEqual([metrics]);
    expect(records()[0]._aws.CloudWatchMetrics[0].Dimensions).toEqual([BY_STACK]);
  });

  it('counts a duplicate', async () => {
    const handler = await coldStart();
    for (const _time of [1, 2]) await handler(signed(textWith()));
    expect(records().map(metricsOf)).toEqual([['Accepted'], ['Duplicates']]);
  });

  it('never holds a body, a signature or a secret', async () => {
    const handler = await coldStart();
    const body = notification('notif_1');
    await handler(signed(body));
    await handler(signed(body));
    await handler(eventWith(body, { 'x-hub-signature': signatureOf(body, 'invalid-signature') }));
    await handler(signed('{"secret-looking":"body"}'));
    await handler(signed(textWith({ id: 'notif_odd', delivery_attempts: { 'secret-looking': 'field' } })));
    setup.moto.proxy.fault = failing('PutEvents');
    await handler(signed(notification('notif_2')));
    setup.moto.proxy.fault = failing('PutEvents', 'SendMessage', 'Item');
    await handler(signed(notification('notif_3')));
    await handler(eventWith(body, { 'x-body-signature': bodySignatureOf(body) }));
    expect(records()).toHaveLength(8);
    expect(setup.logged.join()).not.toMatch(/Grüße|secret-looking|sha1=|the-client-secret/);
    expect(setup.logged.join()).not.toContain(bodySignatureOf(body));
  });
});
