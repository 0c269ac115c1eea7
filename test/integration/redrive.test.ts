import type { Context, SQSRecord } from 'aws-lambda';
import { Deadline } from '../../lambda/receiver/deadline';
import { OverflowStore } from '../../lambda/receiver/overflow-store';
import { Env } from '../../lambda/shared/constants';
import { notificationWith } from '../receiver/builders';
import type { Faults } from './fault-proxy';
import { type Moto, startMoto } from './moto';
import { ReceiverParts } from './receiver-parts';

const DAY_SECONDS = 24 * 60 * 60;

let moto: Moto;
let parts: ReceiverParts;
let overflow: OverflowStore;
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
  const env = (key: string) => process.env[key] ?? '';
  overflow = new OverflowStore(env(Env.overflowQueueUrl), env(Env.overflowBucket));
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => moto?.stop());

/**
 * What an event source mapping does once: reads a batch of the queue, invokes the function as Lambda loads it, and deletes what
 * was not reported as failed. That Lambda does so for the deployed function is tested with the webhook.
 *
 * @returns bodies of the messages that failed
 */
async function redrive(): Promise<string[]> {
  const messages = await parts.take();
  const Records = messages.map(({ MessageId, Body, MessageAttributes = {} }) => ({
    messageId: MessageId,
    body: Body,
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, { stringValue: StringValue }]),
    ),
  })) as unknown as SQSRecord[];
  jest.resetModules();
  const { handler } = await import('../../lambda/redrive/handler');
  const context = { getRemainingTimeInMillis: () => 20_000 } as Context;
  const { batchItemFailures } = await handler({ Records }, context);
  const ids = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  await parts.delete(messages.filter(({ MessageId = '' }) => !ids.has(MessageId)));
  return messages.filter(({ MessageId = '' }) => ids.has(MessageId)).map(({ Body = '' }) => Body);
}

/** What the receiver does when the bus does not take a notification: it says so in the deduplication table. */
async function overflowOne(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const notification = notificationWith(fields);
  await overflow.put(notification, Deadline.after(60_000));
  if (notification.id !== undefined) await parts.putSeen(notification.id, 'overflowed', 0, inADay());
  moto.proxy.calls.length = 0;
}

const inADay = () => Math.floor(Date.now() / 1000) + DAY_SECONDS;
const failing =
  (...calls: string[]): Faults =>
  (call) =>
    calls.includes(call) ? { code: 'InternalFailure', status: 500 } : undefined;
const idsIn = (bodies: readonly string[]) => bodies.map((body) => JSON.parse(body).id).sort();
const log = () => logged.map((line) => JSON.parse(line));

it('publishes what overflowed as it was signed, at the time when it happened, and takes it out of the queue', async () => {
  const { text } = notificationWith({ topic: 'ticket.closed', created_at: 1_782_723_600 });
  await overflowOne({ topic: 'ticket.closed', created_at: 1_782_723_600 });
  expect(await redrive()).toEqual([]);
  expect(parts.published()).toEqual([
    {
      EventBusName: 'notifications',
      Source: 'intercom.webhook',
      DetailType: 'ticket.closed',
      Detail: text,
      Time: 1_782_723_600,
    },
  ]);
  expect(await parts.overflowed()).toEqual([]);
  expect(log()).toEqual([expect.objectContaining({ level: 'INFO', redriven: 1, duplicates: 0, failed: [] })]);
});

it('tells of a notification that is too large for the bus where it is', async () => {
  await overflowOne({ id: 'notif_large', pad: 'x'.repeat(1024 * 1024) });
  expect(await redrive()).toEqual([]);
  const [key] = (await parts.stored()).keys();
  const [event] = parts.published();
  expect(event?.DetailType).toBe('conversation.user.created');
  expect(JSON.parse(event?.Detail ?? '')).toMatchObject({ id: 'notif_large', stored: { bucket: 'overflow', key } });
});

it('sends less at a time than EventBridge takes', async () => {
  const pad = 'x'.repeat(400_000);
  for (let n = 0; n < 3; n++) await overflowOne({ id: `notif_${n}`, pad });
  for (let n = 3; n < 10; n++) await overflowOne({ id: `notif_${n}` });
  expect(await redrive()).toEqual([]);
  const puts = moto.proxy.passed.filter(({ call }) => call === 'PutEvents').map(({ body }) => JSON.parse(body).Entries);
  for (const entries of puts) {
    const bytes = entries.reduce((sum: number, { Detail }: { Detail: string }) => sum + Buffer.byteLength(Detail), 0);
    expect(bytes).toBeLessThan(1024 * 1024);
  }
  expect(parts.publishedIds().sort()).toEqual(Array.from({ length: 10 }, (_, n) => `notif_${n}`));
});

describe('each id once', () => {
  it('one that is in the queue twice is published once', async () => {
    await overflowOne({ id: 'notif_1' });
    await overflowOne({ id: 'notif_1' });
    // Of two in one batch the second waits to see what becomes of the first.
    expect(idsIn(await redrive())).toEqual(['notif_1']);
    await overflow.put(notificationWith({ id: 'notif_1' }), Deadline.after(60_000));
    expect(await redrive()).toEqual([]);
    expect(log().at(-1)).toMatchObject({ redriven: 0, duplicates: expect.any(Number) });
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('one that is on the bus already is only taken out', async () => {
    await overflowOne({ id: 'notif_1' });
    await parts.putSeen('notif_1', 'published', 0, inADay());
    expect(await redrive()).toEqual([]);
    expect(parts.published()).toEqual([]);
    expect(await parts.overflowed()).toEqual([]);
  });

  it.each([
    ['is left until it is known what comes of it', 60_000, ['notif_1'], []],
    ['and is gone is published', -1, [], ['notif_1']],
  ])('one that somebody else claimed %s', async (_case, remainingMs, left, published) => {
    await overflowOne({ id: 'notif_1' });
    await parts.putSeen('notif_1', 'claimed', Date.now() + remainingMs, inADay());
    expect(idsIn(await redrive())).toEqual(left);
    expect(parts.publishedIds()).toEqual(published);
  });

  it('those without an id are all published', async () => {
    await overflowOne({ id: null });
    await overflowOne({ id: null });
    expect(await redrive()).toEqual([]);
    expect(parts.published()).toHaveLength(2);
  });

  it('those that overflowed over 24 hours ago, whose ids are forgotten, are published', async () => {
    await overflow.put(notificationWith({ id: 'notif_1' }), Deadline.after(60_000));
    expect(await redrive()).toEqual([]);
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });
});

describe('while the bus does not take anything', () => {
  beforeEach(async () => {
    for (let n = 0; n < 10; n++) await overflowOne({ id: `notif_${n}` });
    moto.proxy.fault = failing('PutEvents');
  });

  it('all is left, and the log says why and what that means', async () => {
    expect(await redrive()).toHaveLength(10);
    expect(log()).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: expect.stringContaining('They stay in the queue and are retried'),
        warnings: [expect.stringContaining('EventBridge took none of the notifications (PutEvents: InternalFailure')],
      }),
    ]);
  });

  it('a duplicate that comes from outside finds it in the overflow still', async () => {
    await redrive();
    const settled = moto.proxy.passed.findLast(({ call }) => call === 'UpdateItem');
    expect(JSON.parse(settled?.body ?? '').ExpressionAttributeValues[':settled']).toEqual({ S: 'overflowed' });
  });
});

describe('what EventBridge refuses', () => {
  /** Refuses a call with a large event in it as a whole, as a Region does whose limit is lower than ours. */
  function refuseLarge(code: string): void {
    moto.proxy.refuse = (call, body) => (call === 'PutEvents' && body.length > 262_144 ? { code } : undefined);
  }

  it.each(['ValidationException', 'RequestEntityTooLarge'])(
    'for its size (%s) is stored, its event says where, and the others of the batch are published as they are',
    async (code) => {
      const text = JSON.stringify(notificationWith({ id: 'notif_0', pad: 'x'.repeat(300_000) }).fields);
      await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
      for (let n = 1; n < 10; n++) await overflowOne({ id: `notif_${n}` });
      refuseLarge(code);
      expect(await redrive()).toEqual([]);
      expect([...(await parts.stored()).values()]).toEqual([text]);
      expect(parts.publishedIds().sort()).toEqual(Array.from({ length: 10 }, (_, n) => `notif_${n}`));
      const reference = parts.published().find(({ Detail }) => JSON.parse(Detail).id === 'notif_0');
      expect(JSON.parse(reference?.Detail ?? '')).toMatchObject({ type: 'notification_event_stored' });
      expect(await parts.overflowed()).toEqual([]);
    },
  );

  it('for its size and cannot be stored is left, and holds up no other', async () => {
    await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
    await overflowOne({ id: 'notif_1' });
    refuseLarge('ValidationException');
    moto.proxy.fault = (call) => (call.startsWith('PUT /') ? { code: 'InternalError', status: 500 } : undefined);
    expect(idsIn(await redrive())).toEqual(['notif_0']);
    expect(parts.publishedIds()).toEqual(['notif_1']);
    expect(log()[0].warnings.join()).toContain('A notification that is too large for the bus could not be stored');
  });
});

it('publishes all the same when the deduplication table does not answer', async () => {
  await overflowOne({ id: 'notif_1' });
  moto.proxy.fault = failing('PutItem', 'UpdateItem');
  expect(await redrive()).toEqual([]);
  expect(parts.publishedIds()).toEqual(['notif_1']);
  expect(log()[0].warnings.join()).toContain('The deduplication table did not answer');
});

it('leaves a message that the receiver did not write, and publishes the others', async () => {
  await parts.putMessage('something else');
  await overflowOne({ id: 'notif_1' });
  expect(await redrive()).toEqual(['something else']);
  expect(parts.publishedIds()).toEqual(['notif_1']);
  expect(log()[0].warnings).toEqual(['The queue holds messages that the receiver did not write']);
});
