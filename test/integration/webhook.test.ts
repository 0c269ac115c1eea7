import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  DescribeArchiveCommand,
  EventBridgeClient,
  ListArchivesCommand,
  PutRuleCommand,
  PutTargetsCommand,
  StartReplayCommand,
} from '@aws-sdk/client-eventbridge';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  paginateListFunctions,
  UpdateEventSourceMappingCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap, deploy, invokeUrl, type Outputs } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import { bodySignatureOf, textWith } from '../receiver/builders';
import { TOPICS } from '../receiver/topics';
import { startCheckedEmulator } from './checked-emulator';
import { TODAY } from './days';
import { type FaultProxy, startFaultProxy } from './fault-proxy';

const ONE_MB = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;

/** An event as a consumer receives it. */
interface BusEvent {
  readonly source: string;
  readonly 'detail-type': string;
  // biome-ignore lint/suspicious/noExplicitAny: any signed JSON
  readonly detail: any;
}

let emulator: Emulator;
let feeds: FeedServer;
let proxy: FaultProxy;
let outputs: Outputs;
let url: string;
let secret = 'the-client-secret';
let consumerQueue: string;
let receiverName: string;
let redriveName: string;
const client = <T>(Client: new (config: ReturnType<typeof clientConfig>) => T) =>
  new Client(clientConfig(emulator.endpoint));

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  proxy = await startFaultProxy(emulator.endpoint);
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, TODAY);
  await bootstrap(emulator);
  outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl });
  url = invokeUrl(emulator, outputs);
  receiverName = await functionNamed('IntercomAllowlist-ReceiverFunction');
  redriveName = await functionNamed('IntercomAllowlist-ReceiverRedriveFunction');
  consumerQueue = await consumeAll(outputs.EventBusName ?? '');
  await restartFunctions();
  // Failed messages are retried at once, not two minutes later.
  await setOverflowQueue({ VisibilityTimeout: '1' });
});
afterEach(() => proxy.clear());
afterAll(async () => {
  await proxy?.stop();
  await feeds?.stop();
  await emulator?.stop();
});

async function functionNamed(prefix: string): Promise<string> {
  for await (const { Functions = [] } of paginateListFunctions({ client: client(LambdaClient) }, {})) {
    const found = Functions.find(({ FunctionName }) => FunctionName?.startsWith(prefix));
    if (found?.FunctionName) return found.FunctionName;
  }
  throw new Error(`No function is named ${prefix}...`);
}

/**
 * Forces cold starts, with AWS calls that go through the proxy, and with enough time for them on a machine of any speed: what the
 * real timeout decides is tested on a fake clock.
 */
async function restartFunctions(): Promise<void> {
  const lambda = client(LambdaClient);
  for (const FunctionName of [receiverName, redriveName]) {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const Variables = { ...Environment?.Variables, AWS_ENDPOINT_URL: proxy.endpoint, RESTARTED: String(Date.now()) };
    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables }, Timeout: 300 }),
    );
  }
}

/** Creates a queue that receives all events on the bus. */
async function consumeAll(EventBusName: string): Promise<string> {
  const sqs = client(SQSClient);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'all-notifications' }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  const events = client(EventBridgeClient);
  const EventPattern = JSON.stringify({ source: ['intercom.webhook'] });
  await events.send(new PutRuleCommand({ Name: 'all', EventBusName, EventPattern }));
  const Targets = [{ Id: 'q', Arn: Attributes?.QueueArn }];
  await events.send(new PutTargetsCommand({ Rule: 'all', EventBusName, Targets }));
  return QueueUrl;
}

/** The events that the queue of a consumer has received since the last call. */
async function consumed(QueueUrl = consumerQueue): Promise<BusEvent[]> {
  const sqs = client(SQSClient);
  const events: BusEvent[] = [];
  for (;;) {
    const receive = { QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand(receive));
    if (Messages.length === 0) return events;
    for (const { Body = '', ReceiptHandle } of Messages) {
      events.push(JSON.parse(Body));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

const idsOf = (events: readonly BusEvent[]) => events.map(({ detail }) => detail.id).sort();

async function waitingInOverflow(): Promise<number> {
  const { Attributes } = await client(SQSClient).send(
    new GetQueueAttributesCommand({ QueueUrl: outputs.OverflowQueueUrl, AttributeNames: ['All'] }),
  );
  const counts = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  return counts.reduce((sum, name) => sum + Number(Attributes?.[name] ?? 0), 0);
}

async function putSecret(SecretString: string): Promise<void> {
  await client(SecretsManagerClient).send(
    new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString }),
  );
}

async function setOverflowQueue(Attributes: Record<string, string>): Promise<void> {
  await client(SQSClient).send(new SetQueueAttributesCommand({ QueueUrl: outputs.OverflowQueueUrl, Attributes }));
}

async function mapping(): Promise<string | undefined> {
  const { EventSourceMappings = [] } = await client(LambdaClient).send(
    new ListEventSourceMappingsCommand({ FunctionName: redriveName }),
  );
  return EventSourceMappings[0]?.UUID;
}

/** As in the runbook. */
async function setMapping(Enabled: boolean): Promise<void> {
  await client(LambdaClient).send(new UpdateEventSourceMappingCommand({ UUID: await mapping(), Enabled }));
}

/** Waits for a number of events, which the redrive publishes when it gets to them. */
async function consumedUntil(count: number): Promise<BusEvent[]> {
  const events: BusEvent[] = [];
  while (events.length < count) events.push(...(await consumed()));
  return events;
}

/** Returns once the condition holds. If it never does, jest's timeout ends the test. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await setImmediate();
}

async function send(body: string | Buffer, signature: string | undefined): Promise<number> {
  const headers = signature === undefined ? {} : { 'X-Hub-Signature': signature };
  const { status } = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return status;
}

const sendSigned = (body: string, by = secret) => send(body, signatureOf(body, by));

/** These calls of the functions fail, as in an outage. */
function outage(...calls: string[]): void {
  proxy.fault = (call) => (calls.includes(call) ? { code: 'InternalFailure', status: 500 } : undefined);
}

describe('before the client secret is stored', () => {
  it('every notification is answered 503, and HEAD 200', async () => {
    expect(await sendSigned(notification('notif_early'))).toBe(503);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('once the client secret is stored', () => {
  beforeAll(async () => {
    await putSecret(secret);
    await restartFunctions();
  });

  it('a HEAD request is answered 200, so that Intercom can save the URL', async () => {
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  });

  it.each([
    ['GET', ''],
    ['PUT', ''],
    ['DELETE', ''],
    ['PATCH', ''],
    ['POST', '/other'],
    ['GET', '/'],
  ])('%s %s is answered 404 without a body that tells anything', async (method, path) => {
    const answer = await fetch(`${url}${path}`, { method });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toBe('{}');
  });

  it('a signed notification is answered 200 and published as it was signed', async () => {
    const body = textWith({
      id: 'notif_1',
      topic: 'conversation.user.replied',
      delivery_attempts: 2,
      first_sent_at: 7,
    });
    expect(await sendSigned(body)).toBe(200);
    const [event, ...rest] = await consumed();
    expect(rest).toEqual([]);
    expect(event).toMatchObject({ source: 'intercom.webhook', 'detail-type': 'conversation.user.replied' });
    expect(event?.detail).toEqual(JSON.parse(body));
  });

  it('another call of Intercom to the app is answered 200 and published with a detail-type that is not a topic', async () => {
    const body = '{"workspace_id":"a86dr8yl","note":"Grüße"}';
    const headers = { 'X-Body-Signature': bodySignatureOf(body, secret) };
    expect((await fetch(url, { method: 'POST', body, headers })).status).toBe(200);
    expect(await consumed()).toMatchObject([
      { source: 'intercom.webhook', 'detail-type': 'Intercom App Request', detail: JSON.parse(body) },
    ]);
  });

  it('every topic, known or unknown, is answered 200, and all except ping are published', async () => {
    const topics = [...TOPICS, 'something.quite.new', 'größe.世界'];
    for (const topic of topics) expect(await sendSigned(textWith({ id: `notif_${topic}`, topic }))).toBe(200);
    const events = await consumed();
    expect(events.map((event) => event['detail-type']).sort()).toEqual(
      topics.filter((topic) => topic !== 'ping').sort(),
    );
    expect(events.every((event) => event['detail-type'] === event.detail.topic)).toBe(true);
  });

  it('a body with any kind of characters is answered 200 and published', async () => {
    const notes = {
      umlauts: 'Grüße',
      Chinese: '世界',
      emojis: '🙂👩‍👩‍👧',
      'right to left': '\u200fשלום',
      'a null character': 'a\u0000b',
      'half a character': '\ud800',
      'the last characters that there are': '\uffff\u{10ffff}',
    };
    for (const [id, note] of Object.entries(notes)) expect(await sendSigned(textWith({ id, note }))).toBe(200);
    const events = await consumed();
    expect(Object.fromEntries(events.map(({ detail }) => [detail.id, detail.note]))).toEqual(notes);
    expect(events).toHaveLength(Object.keys(notes).length);
  });

  it('a body of just under 1 MB is answered 200 and published whole', async () => {
    const body = textWith({ id: 'notif_1mb', pad: 'x'.repeat(ONE_MB - 1000) });
    expect(await sendSigned(body)).toBe(200);
    const [put] = proxy.passed.filter(({ call }) => call === 'PutEvents');
    expect(JSON.parse(put?.body ?? '').Entries[0].Detail).toBe(body);
    expect(await waitingInOverflow()).toBe(0);
    await consumed();
  });

  it('a body that is too large for the bus is answered 200, stored, and published by reference', async () => {
    const body = textWith({ id: 'notif_large', topic: 'ticket.closed', pad: 'é'.repeat(ONE_MB) });
    expect(await sendSigned(body)).toBe(200);
    const [event, ...rest] = await consumedUntil(1);
    expect(rest).toEqual([]);
    expect(event).toMatchObject({
      'detail-type': 'ticket.closed',
      detail: { type: 'notification_event_stored', id: 'notif_large', stored: { bucket: outputs.OverflowBucketName } },
    });
    const { bucket: Bucket, key: Key, bytes } = event?.detail.stored ?? {};
    const { Body } = await new S3Client({ ...clientConfig(emulator.endpoint), forcePathStyle: true }).send(
      new GetObjectCommand({ Bucket, Key }),
    );
    const stored = (await Body?.transformToString()) ?? '';
    expect(stored).toBe(body);
    expect(bytes).toBe(Buffer.byteLength(body));
  });

  const body = notification('notif_3');
  const tooLarge = textWith({ pad: 'x'.repeat(4_500_000) });
  it.each([
    ['no signature', body, () => undefined, 401],
    ["another secret's signature", body, () => signatureOf(body, 'not-the-secret'), 401],
    ["another body's signature", body, () => signatureOf(`${body} `, secret), 401],
    ['an upper-case signature', body, () => signatureOf(body, secret).toUpperCase().replace('SHA1', 'sha1'), 401],
    ['a SHA-256 signature in the header of SHA-1', body, () => `sha256=${'0'.repeat(64)}`, 401],
    ['a signed body that is not JSON', '<html>', () => signatureOf('<html>', secret), 400],
    [
      'a signed body that is not a notification',
      '{"type":"other"}',
      () => signatureOf('{"type":"other"}', secret),
      400,
    ],
    ['a signed empty body', '', () => signatureOf('', secret), 400],
    ['a signed body that is larger than a notification can be', tooLarge, () => signatureOf(tooLarge, secret), 413],
    ['a ping', textWith({ topic: 'ping', id: null }), (text: string) => signatureOf(text, secret), 200],
  ])('nothing is published of a request with %s', async (_name, text, signature, status) => {
    expect(await send(text, signature(text))).toBe(status);
    expect(proxy.passed.filter(({ call }) => call === 'PutEvents' || call === 'SendMessage')).toEqual([]);
  });

  it.each([
    ['text', false],
    ['base64', true],
  ])(
    'the signature is verified over the raw bytes of a body that API Gateway passes on as %s',
    async (encoding, isBase64Encoded) => {
      const text = notification(`notif_${encoding}`);
      const event = {
        httpMethod: 'POST',
        headers: { 'x-hub-signature': signatureOf(text, secret) },
        body: isBase64Encoded ? Buffer.from(text).toString('base64') : text,
        isBase64Encoded,
        requestContext: { identity: { sourceIp: '34.197.76.213' } },
      };
      const { Payload } = await client(LambdaClient).send(
        new InvokeCommand({ FunctionName: receiverName, Payload: JSON.stringify(event) }),
      );
      expect(JSON.parse(Payload?.transformToString() ?? '')).toEqual({ statusCode: 200, body: '' });
      expect(idsOf(await consumed())).toEqual([`notif_${encoding}`]);
    },
  );

  it('a rotation of the client secret under load loses nothing, whichever of the two secrets signs', async () => {
    await restartFunctions();
    const statuses: number[] = [];
    const sendAll = async (from: number, to: number, signer: (n: number) => string) => {
      const one = async (n: number) => statuses.push(await sendSigned(textWith({ id: `notif_r${n}` }), signer(n)));
      // Each of those in parallel is a cold start.
      for (let n = from; n < to; n += 5) await Promise.all([0, 1, 2, 3, 4].map((more) => one(n + more)));
    };
    const next = 'the-next-secret';
    await sendAll(0, 20, () => secret);
    await Promise.all([putSecret(next), sendAll(20, 40, () => secret)]);
    await sendAll(40, 60, (n) => (n % 2 ? secret : next));
    await sendAll(60, 80, () => next);
    secret = next;
    expect(statuses).toEqual(statuses.map(() => 200));
    expect(idsOf(await consumed())).toEqual(Array.from({ length: 80 }, (_, n) => `notif_r${n}`).sort());
  });

  it('duplicates in parallel, each in its own instance, are all answered 200, and published once', async () => {
    const text = notification('notif_parallel');
    const statuses = await Promise.all(Array.from({ length: 12 }, () => sendSigned(text)));
    expect(statuses).toEqual(statuses.map(() => 200));
    expect(idsOf(await consumed())).toEqual(['notif_parallel']);
  });

  it('a notification is answered 200 while EventBridge is down, and published once it is back', async () => {
    outage('PutEvents');
    expect(await sendSigned(notification('notif_down'))).toBe(200);
    expect(await sendSigned(notification('notif_down'))).toBe(200);
    expect(await waitingInOverflow()).toBe(1);
    expect(await consumed()).toEqual([]);
    proxy.clear();
    expect(idsOf(await consumedUntil(1))).toEqual(['notif_down']);
    await until(async () => (await waitingInOverflow()) === 0);
  });

  it('a notification is answered 503 while EventBridge and SQS are down, and its retry is accepted', async () => {
    outage('PutEvents', 'SendMessage');
    expect(await sendSigned(notification('notif_nowhere'))).toBe(503);
    proxy.clear();
    expect(await sendSigned(notification('notif_nowhere'))).toBe(200);
    expect(idsOf(await consumed())).toEqual(['notif_nowhere']);
  });

  it('a notification is answered 200 and published while the deduplication table is down', async () => {
    outage('PutItem', 'UpdateItem', 'DeleteItem');
    expect(await sendSigned(notification('notif_unseen'))).toBe(200);
    expect(idsOf(await consumed())).toEqual(['notif_unseen']);
  });

  it('whichever calls fail, a notification is published exactly once if it was answered 200, and never otherwise', async () => {
    let calls = 0;
    // Every third event is rejected, and every fourth of those that then go to the overflow.
    const failsEach: Record<string, number> = { PutEvents: 3, SendMessage: 4 };
    proxy.fault = (call) =>
      failsEach[call] !== undefined && ++calls % failsEach[call] === 0 ? { code: 'AccessDeniedException' } : undefined;
    const ids = Array.from({ length: 100 }, (_, n) => `notif_count${n}`);
    const accepted = new Set<string>();
    // Intercom sends each once, some twice in parallel, and once more after a 503.
    const deliver = async (id: string, n: number) => {
      const text = notification(id);
      const first = await Promise.all(Array.from({ length: n % 5 === 0 ? 2 : 1 }, () => sendSigned(text)));
      const statuses = first.includes(503) ? [...first, await sendSigned(text)] : first;
      if (statuses.includes(200)) accepted.add(id);
      return statuses;
    };
    const answers: number[] = [];
    for (let start = 0; start < ids.length; start += 10) {
      const batch = ids.slice(start, start + 10);
      answers.push(...(await Promise.all(batch.map((id, index) => deliver(id, start + index)))).flat());
    }
    expect(new Set(answers)).toEqual(new Set([200, 503]));
    expect(proxy.passed.some(({ call }) => call === 'SendMessage')).toBe(true);
    expect(accepted.size).toBeGreaterThan(90);

    proxy.clear();
    await until(async () => (await waitingInOverflow()) === 0);
    expect(idsOf(await consumed())).toEqual([...accepted].sort());
  });

  it('an event that EventBridge rejects for its size is published by reference, and holds up none of 30 others', async () => {
    const large = textWith({ id: 'notif_too_large_here', pad: 'x'.repeat(300_000) });
    const ids = Array.from({ length: 30 }, (_, n) => `notif_other${n}`);
    await setMapping(false);
    outage('PutEvents');
    for (const text of [large, ...ids.map((id) => notification(id))]) expect(await sendSigned(text)).toBe(200);
    expect(await waitingInOverflow()).toBe(31);
    proxy.clear();
    proxy.refuse = (call, body) =>
      call === 'PutEvents' && body.length > 262_144 ? { code: 'ValidationException' } : undefined;
    await setMapping(true);
    const events = await consumedUntil(31);
    expect(idsOf(events)).toEqual([...ids, 'notif_too_large_here'].sort());
    expect(events.find(({ detail }) => detail.id === 'notif_too_large_here')?.detail).toMatchObject({
      type: 'notification_event_stored',
      stored: { bucket: outputs.OverflowBucketName, bytes: Buffer.byteLength(large) },
    });
    await until(async () => (await waitingInOverflow()) === 0);
  });

  it('a message that the receiver did not write goes to the dead-letter queue, and holds up no other', async () => {
    const sqs = client(SQSClient);
    const QueueUrl = outputs.OverflowQueueUrl;
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }),
    );
    const { deadLetterTargetArn } = JSON.parse(Attributes?.RedrivePolicy ?? '');
    await setOverflowQueue({ RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 2 }) });
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'something else' }));
    await setMapping(false);
    outage('PutEvents');
    expect(await sendSigned(notification('notif_behind'))).toBe(200);
    proxy.clear();
    await setMapping(true);
    expect(idsOf(await consumedUntil(1))).toEqual(['notif_behind']);
    await until(async () => (await waitingInOverflow()) === 0);
    const { QueueUrl: deadLetters } = await sqs.send(
      new GetQueueUrlCommand({ QueueName: deadLetterTargetArn.split(':').at(-1) }),
    );
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: deadLetters, WaitTimeSeconds: 5 }));
    expect(Messages.map(({ Body }) => Body)).toEqual(['something else']);
  });

  it('the consumer of the example receives events of conversations, and no others', async () => {
    const app = `node --import tsx ${join(__dirname, '..', '..', 'examples', 'consumer', 'app.ts')}`;
    const { QueueUrl } = await deploy(emulator, { eventBusName: outputs.EventBusName ?? '' }, ['--app', app]);
    const topics = [
      'conversation.user.created',
      'ticket.created',
      'conversation.of.a.new.kind',
      'conversation_part.redacted',
    ];
    for (const topic of topics) expect(await sendSigned(textWith({ id: `notif_to_${topic}`, topic }))).toBe(200);
    const events = await consumed(QueueUrl);
    expect(events.map((event) => event['detail-type'])).toEqual([
      'conversation.user.created',
      'conversation.of.a.new.kind',
    ]);
    expect(events[0]?.detail).toMatchObject({ type: 'notification_event', id: 'notif_to_conversation.user.created' });
    await consumed();
  });

  it('archived notifications can be replayed', async () => {
    const events = client(EventBridgeClient);
    const { Archives: [archive] = [] } = await events.send(new ListArchivesCommand({}));
    expect(archive).toMatchObject({
      EventSourceArn: expect.stringContaining(outputs.EventBusName ?? ''),
      RetentionDays: 14,
    });
    const { ArchiveArn, EventSourceArn: Arn } = await events.send(
      new DescribeArchiveCommand({ ArchiveName: archive?.ArchiveName }),
    );
    await events.send(
      new StartReplayCommand({
        ReplayName: 'again',
        EventSourceArn: ArchiveArn,
        EventStartTime: new Date(Date.now() - HOUR_MS),
        EventEndTime: new Date(Date.now() + HOUR_MS),
        Destination: { Arn },
      }),
    );
    expect(idsOf(await consumed())).toContain('notif_1');
  });
});
