import type { Message } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { type Bus, type BusEvent, PublishError } from '../../lambda/receiver/bus';
import { Deadline } from '../../lambda/receiver/deadline';
import type { DeduplicationTable } from '../../lambda/receiver/deduplication-table';
import { parseAppRequest } from '../../lambda/receiver/notification';
import { OverflowStore } from '../../lambda/receiver/overflow-store';
import { RedriveBatch } from '../../lambda/redrive/redrive';
import { Env } from '../../lambda/shared/constants';
import { CONTEXT, notificationWith } from '../receiver/builders';
import { failing, setUpReceiver } from './receiver-parts';

const DAY_SECONDS = 24 * 60 * 60;
const NO_TABLE = { claim: () => Promise.reject(new Error('no table')) } as unknown as DeduplicationTable;

const setup = setUpReceiver();
let overflow: OverflowStore;

beforeEach(() => {
  const env = (key: string) => process.env[key] ?? '';
  overflow = new OverflowStore(env(Env.overflowQueueUrl), env(Env.overflowBucket));
});

/**
 * Does what an event source mapping does: reads a batch from the queue, invokes the function, and deletes the messages that were not
 * reported as failed. The webhook tests do it with the deployed function.
 *
 * @returns the bodies of the messages that failed
 */
async function redrive(): Promise<string[]> {
  const messages = await setup.parts.take();
  const failed = await invoke(messages);
  await setup.parts.delete(messages.filter((message) => !failed.includes(message)));
  return failed.map(({ Body = '' }) => Body);
}

/** Invokes the function as Lambda first loads it. @returns the messages that failed */
async function invoke(messages: readonly Message[]): Promise<Message[]> {
  jest.resetModules();
  const { handler } = await import('../../lambda/redrive/handler');
  const { batchItemFailures } = await handler({ Records: recordsOf(messages) }, CONTEXT);
  const ids = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return messages.filter(({ MessageId = '' }) => ids.has(MessageId));
}

function recordsOf(messages: readonly Message[]): SQSRecord[] {
  return messages.map(({ MessageId, Body, MessageAttributes = {} }) => ({
    messageId: MessageId,
    body: Body,
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes).map(([name, { StringValue }]) => [name, { stringValue: StringValue }]),
    ),
  })) as unknown as SQSRecord[];
}

/** Does what the receiver does if the bus does not accept a notification: stores it, and records that in the deduplication table. */
async function overflowOne(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const notification = notificationWith(fields);
  await overflow.put(notification, Deadline.after(60_000));
  if (notification.id !== undefined) await setup.parts.putSeen(notification.id, 'overflowed', 0, inADay());
  setup.moto.proxy.calls.length = 0;
}

const inADay = () => Math.floor(Date.now() / 1000) + DAY_SECONDS;
const idsIn = (bodies: readonly string[]) => bodies.map((body) => JSON.parse(body).id).sort();
const log = () => setup.logged.map((line) => JSON.parse(line));

it('publishes a message as it was signed, with the time of the notification, and removes it from the queue', async () => {
  const { text } = notificationWith({ topic: 'ticket.closed', created_at: 1_782_723_600 });
  await overflowOne({ topic: 'ticket.closed', created_at: 1_782_723_600 });
  expect(await redrive()).toEqual([]);
  expect(setup.parts.published()).toEqual([
    {
      EventBusName: 'notifications',
      Source: 'intercom.webhook',
      DetailType: 'ticket.closed',
      Detail: text,
      Time: 1_782_723_600,
    },
  ]);
  expect(await setup.parts.waiting()).toBe(0);
  expect(log()).toEqual([expect.objectContaining({ level: 'INFO', redriven: 1, duplicates: 0, failed: [] })]);
});

it('publishes a reference to a notification that is too large for the bus', async () => {
  await overflowOne({ id: 'notif_large', pad: 'x'.repeat(1024 * 1024) });
  expect(await redrive()).toEqual([]);
  const [key] = (await setup.parts.stored()).keys();
  const [event] = setup.parts.published();
  expect(event?.DetailType).toBe('conversation.user.created');
  expect(JSON.parse(event?.Detail ?? '')).toMatchObject({ id: 'notif_large', stored: { bucket: 'overflow', key } });
});

it('sends less than 1 MB per call to EventBridge', async () => {
  const pad = 'x'.repeat(400_000);
  for (let n = 0; n < 3; n++) await overflowOne({ id: `notif_${n}`, pad });
  for (let n = 3; n < 10; n++) await overflowOne({ id: `notif_${n}` });
  expect(await redrive()).toEqual([]);
  const puts = setup.moto.proxy.passed
    .filter(({ call }) => call === 'PutEvents')
    .map(({ body }) => JSON.parse(body).Entries);
  for (const entries of puts) {
    const bytes = entries.reduce((sum: number, { Detail }: { Detail: string }) => sum + Buffer.byteLength(Detail), 0);
    expect(bytes).toBeLessThan(1024 * 1024);
  }
  expect(setup.parts.publishedIds().sort()).toEqual(Array.from({ length: 10 }, (_, n) => `notif_${n}`));
});

describe('each id is published once', () => {
  it('if it is in the queue twice', async () => {
    await overflowOne({ id: 'notif_1' });
    await overflowOne({ id: 'notif_1' });
    // Of two in one batch, the second is retried until the first is settled.
    expect(idsIn(await redrive())).toEqual(['notif_1']);
    await overflow.put(notificationWith({ id: 'notif_1' }), Deadline.after(60_000));
    expect(await redrive()).toEqual([]);
    expect(log().at(-1)).toMatchObject({ redriven: 0, duplicates: expect.any(Number) });
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });

  it('if it has been published before: the message is only removed', async () => {
    await overflowOne({ id: 'notif_1' });
    await setup.parts.putSeen('notif_1', 'published', 0, inADay());
    expect(await redrive()).toEqual([]);
    expect(setup.parts.published()).toEqual([]);
    expect(await setup.parts.waiting()).toBe(0);
  });

  it.each([
    ['stays in the queue until that instance settles it', 60_000, ['notif_1'], []],
    ['is published once the claim has expired', -1, [], ['notif_1']],
  ])('if another instance claimed it: the message %s', async (_case, remainingMs, left, published) => {
    await overflowOne({ id: 'notif_1' });
    await setup.parts.putSeen('notif_1', 'claimed', Date.now() + remainingMs, inADay());
    expect(idsIn(await redrive())).toEqual(left);
    expect(setup.parts.publishedIds()).toEqual(published);
  });

  it('except that messages without an id are all published', async () => {
    await overflowOne({ id: null });
    await overflowOne({ id: null });
    expect(await redrive()).toEqual([]);
    expect(setup.parts.published()).toHaveLength(2);
  });

  it('also if it overflowed more than 24 hours ago, so that its id is forgotten', async () => {
    await overflow.put(notificationWith({ id: 'notif_1' }), Deadline.after(60_000));
    expect(await redrive()).toEqual([]);
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  });
});

describe('while the bus accepts nothing', () => {
  beforeEach(async () => {
    for (let n = 0; n < 10; n++) await overflowOne({ id: `notif_${n}` });
    setup.moto.proxy.fault = failing('PutEvents');
  });

  it('all messages stay in the queue, and the log says why and what that means', async () => {
    expect(await redrive()).toHaveLength(10);
    expect(log()).toEqual([
      expect.objectContaining({
        level: 'ERROR',
        message: expect.stringContaining('They stay in the queue and are retried'),
        warnings: [expect.stringContaining('EventBridge did not accept a notification (PutEvents: InternalFailure')],
      }),
    ]);
  });

  it('the deduplication table still says that they are in the overflow', async () => {
    await redrive();
    const settled = setup.moto.proxy.passed.findLast(({ call }) => call === 'UpdateItem');
    expect(JSON.parse(settled?.body ?? '').ExpressionAttributeValues[':settled']).toEqual({ S: 'overflowed' });
  });
});

describe('an event that EventBridge rejects', () => {
  /** Rejects a call with a large event as a whole, as in a Region with a limit of 256 KB. */
  function rejectLarge(code: string): void {
    setup.moto.proxy.refuse = (call, body) => (call === 'PutEvents' && body.length > 262_144 ? { code } : undefined);
  }

  it.each(['ValidationException', 'RequestEntityTooLarge'])(
    'for its size (%s) is stored and published by reference, and the others of the batch are published as they are',
    async (code) => {
      const text = JSON.stringify(notificationWith({ id: 'notif_0', pad: 'x'.repeat(300_000) }).fields);
      await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
      for (let n = 1; n < 10; n++) await overflowOne({ id: `notif_${n}` });
      rejectLarge(code);
      expect(await redrive()).toEqual([]);
      expect([...(await setup.parts.stored()).values()]).toEqual([text]);
      expect(setup.parts.publishedIds().sort()).toEqual(Array.from({ length: 10 }, (_, n) => `notif_${n}`));
      const reference = setup.parts.published().find(({ Detail }) => JSON.parse(Detail).id === 'notif_0');
      expect(JSON.parse(reference?.Detail ?? '')).toMatchObject({ type: 'notification_event_stored' });
      expect(await setup.parts.waiting()).toBe(0);
    },
  );

  it('for its size is stored too if it is another call to the app, and not if it is a reference itself', async () => {
    const large = parseAppRequest(Buffer.from(JSON.stringify({ pad: 'x'.repeat(300_000) })));
    const reference = parseAppRequest(Buffer.from('{"type":"notification_event_stored"}'));
    for (const one of [large, reference]) if (one) await overflow.put(one, Deadline.after(600_000));
    const isReference = (body: Buffer) => body.includes('\\"notification_event_stored\\"}');
    setup.moto.proxy.refuse = (call, body) =>
      call === 'PutEvents' && (body.length > 262_144 || isReference(body))
        ? { code: 'ValidationException' }
        : undefined;
    expect(await redrive()).toEqual(['{"type":"notification_event_stored"}']);
    expect(await setup.parts.stored()).toHaveProperty('size', 1);
    expect(setup.parts.published()).toMatchObject([{ DetailType: 'Intercom App Request' }]);
  });

  it('for its size and that cannot be stored stays in the queue, and holds up no other', async () => {
    await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
    await overflowOne({ id: 'notif_1' });
    rejectLarge('ValidationException');
    setup.moto.proxy.fault = (call) => (call.startsWith('PUT /') ? { code: 'InternalError', status: 500 } : undefined);
    expect(idsIn(await redrive())).toEqual(['notif_0']);
    expect(setup.parts.publishedIds()).toEqual(['notif_1']);
    expect(log()[0].warnings.join()).toContain(
      'A notification that cannot be an event, for its size or its JSON, could not be stored',
    );
  });

  it('for its size each time is stored once, however often it is retried', async () => {
    await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
    setup.moto.proxy.fault = (call) => (call === 'PutEvents' ? { code: 'ValidationException' } : undefined);
    const messages = await setup.parts.take();
    for (let attempt = 0; attempt < 3; attempt++) expect(await invoke(messages)).toHaveLength(1);
    expect(await setup.parts.stored()).toHaveProperty('size', 1);
  });

  it('by itself, while the call as a whole succeeds, is stored and published by reference too', async () => {
    const sent: string[] = [];
    const bus = {
      publishAll: async (events: readonly BusEvent[]) =>
        events.map(({ detail }) => (detail.length > 262_144 ? new PublishError('too large', true, true) : undefined)),
      publish: async ({ detail }: BusEvent) => void sent.push(JSON.parse(detail).type),
    } as unknown as Bus;
    await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
    await overflowOne({ id: 'notif_1' });
    const directly = new RedriveBatch(bus, overflow, NO_TABLE, Deadline.after(600_000));
    expect(await directly.run(recordsOf(await setup.parts.take()))).toMatchObject({ redriven: 2, failed: [] });
    expect(sent).toEqual(['notification_event_stored']);
  });

  it('with a code that is not known holds up no other', async () => {
    await overflowOne({ id: 'notif_0', pad: 'x'.repeat(300_000) });
    for (let n = 1; n < 10; n++) await overflowOne({ id: `notif_${n}` });
    rejectLarge('LimitExceededOfSomeKind');
    expect(idsIn(await redrive())).toEqual(['notif_0']);
    expect(setup.parts.publishedIds()).toHaveLength(9);
    expect(log()[0].warnings.join()).toContain('LimitExceededOfSomeKind');
  });
});

it('publishes a message even if the deduplication table is unavailable', async () => {
  await overflowOne({ id: 'notif_1' });
  setup.moto.proxy.fault = failing('PutItem', 'UpdateItem');
  expect(await redrive()).toEqual([]);
  expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  expect(log()[0].warnings.join()).toContain('The deduplication table is unavailable');
});

it('leaves a message that the receiver did not write in the queue, and publishes the others', async () => {
  await setup.parts.putMessage('something else');
  await overflowOne({ id: 'notif_1' });
  expect(await redrive()).toEqual(['something else']);
  expect(setup.parts.publishedIds()).toEqual(['notif_1']);
  expect(log()[0].warnings).toEqual(['The queue holds messages that the receiver did not write']);
});
