import type { Context } from 'aws-lambda';
import { OverflowStore } from '../../lambda/receiver/overflow-store';
import type { RedriveReport } from '../../lambda/redrive/redrive';
import { Aws } from '../../lambda/shared/aws/aws';
import { readAwsSettings } from '../../lambda/shared/aws/settings';
import { Env } from '../../lambda/shared/names';
import { notificationWith } from '../receiver/builders';
import type { Faults } from './fault-proxy';
import { type Moto, startMoto } from './moto';
import { ReceiverParts } from './receiver-parts';

const DAY_SECONDS = 24 * 60 * 60;
const ALL_DONE = { duplicates: 0, left: 0, warnings: [] };

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
  overflow = new OverflowStore(
    new Aws(readAwsSettings(process.env)),
    env(Env.overflowQueueUrl),
    env(Env.overflowBucket),
  );
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => moto?.stop());

/** One run of the function, as Lambda loads it. */
async function redrive(remainingMs = 55_000): Promise<RedriveReport> {
  jest.resetModules();
  const { handler } = await import('../../lambda/redrive/handler');
  return handler({}, { getRemainingTimeInMillis: () => remainingMs } as Context);
}

/** What the receiver does when the bus does not take a notification: it says so in the deduplication table. */
async function overflowOne(fields: Readonly<Record<string, unknown>>): Promise<void> {
  const notification = notificationWith(fields);
  await overflow.put(notification);
  if (notification.id !== undefined) await parts.putSeen(notification.id, 'overflowed', 0, inADay());
}

const inADay = () => Math.floor(Date.now() / 1000) + DAY_SECONDS;
const busFails: Faults = (call) => (call === 'PutEvents' ? { code: 'InternalFailure', status: 500 } : undefined);

it('an empty overflow is left alone, and nothing is logged', async () => {
  expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 0 });
  expect(moto.proxy.calls).toEqual(['ReceiveMessage']);
  expect(logged).toEqual([]);
});

it('brings what was overflowed to the bus as it was signed, at the time when it happened, and takes it out of the overflow', async () => {
  const { text } = notificationWith({ topic: 'ticket.closed', created_at: 1_782_723_600 });
  await overflowOne({ topic: 'ticket.closed', created_at: 1_782_723_600 });
  expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 1 });
  expect(parts.published()).toEqual([
    {
      EventBusName: 'notifications',
      Source: 'intercom.webhook',
      DetailType: 'ticket.closed',
      Detail: text,
      Time: 1_782_723_600,
    },
  ]);
  expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 0 });
});

it('brings the oldest first, by when it happened and not by when it came', async () => {
  const order = [5, 1, 12, 3, 9, 14, 2, 7, 13, 10, 4, 11, 8, 6, 0];
  for (const age of order) await overflowOne({ id: `notif_${age}`, created_at: 1_782_723_600 + age });
  expect(await redrive()).toEqual({ ...ALL_DONE, redriven: order.length });
  expect(parts.publishedIds()).toEqual(order.map((_age, index) => `notif_${index}`));
});

it('brings those of the same second in the order in which they came', async () => {
  for (const id of ['b', 'a', 'c']) await overflowOne({ id, created_at: 1_782_723_600 });
  await redrive();
  expect(parts.publishedIds()).toEqual(['b', 'a', 'c']);
});

it('tells of a notification that is too large for the bus where it is', async () => {
  await overflowOne({ id: 'notif_large', pad: 'x'.repeat(1024 * 1024) });
  expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 1 });
  const [key] = (await parts.stored()).keys();
  const [event] = parts.published();
  expect(event?.DetailType).toBe('conversation.user.created');
  expect(JSON.parse(event?.Detail ?? '')).toMatchObject({ id: 'notif_large', stored: { bucket: 'overflow', key } });
});

it('sends no more at a time than EventBridge takes', async () => {
  const pad = 'x'.repeat(400_000);
  for (let n = 0; n < 5; n++) await overflowOne({ id: `notif_${n}`, created_at: 1_782_723_600 + n, pad });
  for (let n = 5; n < 20; n++) await overflowOne({ id: `notif_${n}`, created_at: 1_782_723_600 + n });
  expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 20 });
  const calls = moto.proxy.passed
    .filter(({ call }) => call === 'PutEvents')
    .map(({ body }) => JSON.parse(body).Entries);
  for (const entries of calls) {
    expect(entries.length).toBeLessThanOrEqual(10);
    const bytes = entries.reduce((sum: number, { Detail }: { Detail: string }) => sum + Buffer.byteLength(Detail), 0);
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  }
  expect(parts.publishedIds()).toEqual(Array.from({ length: 20 }, (_, n) => `notif_${n}`));
});

describe('each id once', () => {
  it('one that is in the overflow twice is published once', async () => {
    await overflowOne({ id: 'notif_1' });
    await overflowOne({ id: 'notif_1' });
    const first = await redrive();
    const second = await redrive();
    expect(first.redriven + second.redriven).toBe(1);
    expect(first.duplicates + second.duplicates).toBe(1);
    expect(parts.publishedIds()).toEqual(['notif_1']);
    expect(await parts.overflowed()).toEqual([]);
  });

  it('one that is on the bus already is only taken out', async () => {
    await overflowOne({ id: 'notif_1' });
    await parts.putSeen('notif_1', 'published', 0, inADay());
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 0, duplicates: 1 });
    expect(parts.published()).toEqual([]);
    expect(await parts.overflowed()).toEqual([]);
  });

  it('one that somebody else is publishing is left until it is known what comes of it', async () => {
    await overflowOne({ id: 'notif_1' });
    await parts.putSeen('notif_1', 'claimed', Date.now() + 60_000, inADay());
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 0, left: 1 });
    await parts.putSeen('notif_1', 'claimed', Date.now() - 1, inADay());
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 1 });
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('one whose message could not be deleted is published no second time', async () => {
    await overflowOne({ id: 'notif_1' });
    moto.proxy.fault = (call) => (call === 'DeleteMessageBatch' ? { code: 'InternalFailure', status: 500 } : undefined);
    const report = await redrive();
    expect(report).toMatchObject({ redriven: 1 });
    expect(report.warnings.join()).toContain('Messages could not be deleted');
    moto.proxy.fault = () => undefined;
    // SQS hides what was taken for a while, so another message stands for the same one.
    await overflow.put(notificationWith({ id: 'notif_1' }));
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 0, duplicates: 1 });
    expect(parts.publishedIds()).toEqual(['notif_1']);
  });

  it('those without an id are all published', async () => {
    await overflowOne({ id: null });
    await overflowOne({ id: null });
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 2 });
  });

  it('those that were overflowed over 24 hours ago, whose ids are forgotten, are published', async () => {
    await overflow.put(notificationWith({ id: 'notif_1' }));
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 1 });
  });
});

describe('while the bus does not take anything', () => {
  it('all is left, to be taken at once by the next run, and the log says why', async () => {
    for (let n = 0; n < 12; n++) await overflowOne({ id: `notif_${n}`, created_at: 1_782_723_600 + n });
    moto.proxy.fault = busFails;
    const report = await redrive();
    expect(report).toMatchObject({ redriven: 0, left: 12 });
    expect(report.warnings).toEqual([
      expect.stringContaining('The event bus took nothing (events PutEvents: InternalFailure'),
    ]);
    expect(logged.join()).toContain('What is left stays; the next run, in a minute, tries again');
    // Both tries of one call: the rest is not tried at all.
    expect(moto.proxy.calls.filter((call) => call === 'PutEvents')).toHaveLength(2);

    moto.proxy.clear();
    expect(await redrive()).toEqual({ ...ALL_DONE, redriven: 12 });
    expect(parts.publishedIds()).toEqual(Array.from({ length: 12 }, (_, n) => `notif_${n}`));
  });

  it('a duplicate that comes from outside finds it in the overflow still', async () => {
    await overflowOne({ id: 'notif_1' });
    moto.proxy.fault = busFails;
    await redrive();
    const settled = moto.proxy.passed.findLast(({ call }) => call === 'UpdateItem');
    expect(JSON.parse(settled?.body ?? '').ExpressionAttributeValues[':settled']).toEqual({ S: 'overflowed' });
  });
});

it('publishes all the same when the deduplication table cannot be had', async () => {
  await overflowOne({ id: 'notif_1' });
  moto.proxy.fault = (call) => (/Item$/.test(call) ? { code: 'InternalServerError', status: 500 } : undefined);
  const report = await redrive();
  expect(report).toMatchObject({ redriven: 1, left: 0 });
  expect(report.warnings.join()).toContain('The deduplication table could not be had');
  expect(await parts.overflowed()).toEqual([]);
});

it('leaves a message that the receiver did not write, and brings the others', async () => {
  await parts.putMessage('something else');
  await overflowOne({ id: 'notif_1' });
  const report = await redrive();
  expect(report).toMatchObject({ redriven: 1, left: 1 });
  expect(report.warnings).toEqual(['The queue holds messages that the receiver did not write']);
  expect((await parts.overflowed()).map(({ Body }) => Body)).toEqual(['something else']);
});

it('begins nothing that it has no time to end', async () => {
  await overflowOne({ id: 'notif_1' });
  expect(await redrive(19_000)).toEqual({ ...ALL_DONE, redriven: 0 });
  expect(moto.proxy.calls).not.toContain('ReceiveMessage');
});

it('fails when the queue cannot be read', async () => {
  moto.proxy.fault = (call) => (call === 'ReceiveMessage' ? { code: 'QueueDoesNotExist' } : undefined);
  await expect(redrive()).rejects.toThrow('sqs ReceiveMessage: QueueDoesNotExist');
});

it('counts what it brought and what it left', async () => {
  await overflowOne({ id: 'notif_1' });
  await parts.putMessage('something else');
  await redrive();
  const record = logged.find((line) => line.includes('"_aws"')) ?? '';
  expect(JSON.parse(record)).toMatchObject({ service: 'redrive', stack: 'Test', Redriven: 1, Left: 1 });
});
