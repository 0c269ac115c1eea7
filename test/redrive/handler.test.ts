import type { SQSRecord } from 'aws-lambda';
import { Bus } from '../../lambda/receiver/bus';
import { DeduplicationTable, type Phase } from '../../lambda/receiver/deduplication-table';
import { writeMessage } from '../../lambda/receiver/overflow-message';
import { Env } from '../../lambda/shared/constants';
import { CONTEXT, textWith } from '../receiver/builders';

const logged: string[] = [];
let handler: typeof import('../../lambda/redrive/handler').handler;
const records = () => logged.map((line) => JSON.parse(line));

beforeAll(async () => {
  process.env[Env.owner] = 'IntercomAllowlist';
  ({ handler } = await import('../../lambda/redrive/handler'));
});
beforeEach(() => {
  logged.length = 0;
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, level).mockImplementation((...args: unknown[]) => void logged.push(args.join(' ')));
  }
  jest.spyOn(Bus.prototype, 'publishAll').mockImplementation(async (events) => events.map(() => undefined));
});
afterEach(() => jest.restoreAllMocks());

/** The table has each id in this phase. */
function recorded(phase: Phase): void {
  jest.spyOn(DeduplicationTable.prototype, 'claim').mockResolvedValue(phase);
}

function message(id: string): SQSRecord {
  const event = { detailType: 'ping', detail: textWith({ id }), time: new Date('2026-11-26T09:05:00Z') };
  const { MessageBody, MessageAttributes } = writeMessage({ event, id, receivedAt: 0 });
  const messageAttributes = Object.entries(MessageAttributes).map(([name, { StringValue }]) => [
    name,
    { stringValue: StringValue },
  ]);
  return {
    messageId: id,
    body: MessageBody,
    messageAttributes: Object.fromEntries(messageAttributes),
  } as unknown as SQSRecord;
}

it('messages that another instance is delivering stay in the queue, and the log claims no publication but says why', async () => {
  recorded('claimed');
  const { batchItemFailures } = await handler({ Records: [message('notif_1'), message('notif_2')] }, CONTEXT);
  expect(batchItemFailures).toEqual([{ itemIdentifier: 'notif_1' }, { itemIdentifier: 'notif_2' }]);
  expect(records()).toEqual([
    expect.objectContaining({
      level: 'ERROR',
      message: expect.stringMatching(/^Some notifications were not redriven\. They stay in the queue/),
      redriven: 0,
      failed: ['notif_1', 'notif_2'],
      warnings: [expect.stringMatching(/^Another instance is delivering these ids/)],
    }),
  ]);
});

it('messages that had been published before are removed from the queue without a warning', async () => {
  recorded('published');
  expect(await handler({ Records: [message('notif_1')] }, CONTEXT)).toEqual({ batchItemFailures: [] });
  expect(records()).toEqual([expect.objectContaining({ level: 'INFO', redriven: 0, duplicates: 1, warnings: [] })]);
});

it('messages that are published although the table is unavailable are a warning, because a duplicate is possible', async () => {
  jest.spyOn(DeduplicationTable.prototype, 'claim').mockRejectedValue(new Error('no table'));
  expect(await handler({ Records: [message('notif_1')] }, CONTEXT)).toEqual({ batchItemFailures: [] });
  expect(records()).toEqual([
    expect.objectContaining({
      level: 'WARN',
      message: expect.stringMatching(/^Published .*, with warnings$/),
      redriven: 1,
    }),
  ]);
});
