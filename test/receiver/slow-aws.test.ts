import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { notification } from '../../bin/allowlist/intercom';
import { Bus } from '../../lambda/receiver/bus';
import { ClientSecrets } from '../../lambda/receiver/client-secrets';
import { Deadline } from '../../lambda/receiver/deadline';
import { DeduplicationTable } from '../../lambda/receiver/deduplication-table';
import { Delivery } from '../../lambda/receiver/delivery';
import { OverflowStore } from '../../lambda/receiver/overflow-store';
import { type Outcome, receive } from '../../lambda/receiver/receive';
import { MINUTE_MS } from '../../lambda/shared/time';
import { SECRET, signedRequest } from './builders';

/** What a request has of the function's four seconds. */
const TIME_MS = 3900;
const NEVER = Number.POSITIVE_INFINITY;

type Call = 'GetSecretValue' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'PutEvents' | 'SendMessage';

/** How long each call takes. */
let latency: (call: Call) => number;
let calls: string[];
let claimedByAnother: boolean;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_782_723_600_000 });
  latency = () => 10;
  calls = [];
  claimedByAnother = false;
  jest.spyOn(SQSClient.prototype, 'send').mockImplementation(send as never);
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

const ANSWERS: Readonly<Record<Call, object>> = {
  GetSecretValue: { SecretString: SECRET },
  PutItem: {},
  UpdateItem: {},
  DeleteItem: {},
  PutEvents: { Entries: [{ EventId: '1' }] },
  SendMessage: { MessageId: '1' },
};

/** AWS on the fake clock: answers each call after its latency. */
async function send(command: object): Promise<object> {
  const call = command.constructor.name.replace('Command', '') as Call;
  calls.push(call);
  const milliseconds = latency(call);
  await new Promise((resolve) => milliseconds < NEVER && setTimeout(resolve, milliseconds));
  if (call === 'PutItem' && claimedByAnother) {
    const Item = { phase: { S: 'claimed' }, claimedBy: { S: 'another instance' } };
    throw new ConditionalCheckFailedException({ $metadata: {}, message: '', Item });
  }
  return ANSWERS[call];
}

/** A cold start: no client secret is cached. @returns what handles a request */
function coldStart() {
  const client = { send } as unknown;
  const secrets = new ClientSecrets(client as SecretsManagerClient, 'arn', () => undefined);
  const table = new DeduplicationTable(client as DynamoDBClient, 'table');
  const delivery = new Delivery(new Bus(client as EventBridgeClient, 'bus'), new OverflowStore('queue', 'b'), table);
  return async (): Promise<{ outcome: Outcome['kind']; tookMs: number }> => {
    const started = Date.now();
    const answer = receive(signedRequest(notification('notif_1')), secrets, delivery, Deadline.after(TIME_MS)).then(
      ({ kind }) => ({ outcome: kind, tookMs: Date.now() - started }),
    );
    await jest.advanceTimersByTimeAsync(TIME_MS);
    return answer;
  };
}

const timesOf = (call: Call) => calls.filter((name) => name === call).length;
const taking = (milliseconds: number, ...slow: Call[]) => {
  latency = (call) => (slow.length === 0 || slow.includes(call) ? milliseconds : 10);
};

describe('a notification at a cold start is published when', () => {
  it.each<[string, number, Call[]]>([
    ['every AWS call takes 700 ms', 700, []],
    ['every AWS call takes 1,200 ms', 1200, []],
    ['Secrets Manager takes 2 s', 2000, ['GetSecretValue']],
    ['Secrets Manager takes 3.5 s', 3500, ['GetSecretValue']],
    ['DynamoDB takes 2 s', 2000, ['PutItem', 'UpdateItem']],
    ['DynamoDB never answers', NEVER, ['PutItem', 'UpdateItem']],
    ['EventBridge takes 1.9 s', 1900, ['PutEvents']],
  ])('%s', async (_case, milliseconds, slow) => {
    taking(milliseconds, ...slow);
    const { outcome, tookMs } = await coldStart()();
    expect(outcome).toBe('published');
    expect(tookMs).toBeLessThanOrEqual(TIME_MS);
  });
});

describe('when EventBridge does not answer', () => {
  it('the notification goes to the overflow after half of the time that is left', async () => {
    const request = coldStart();
    await request();
    taking(NEVER, 'PutEvents');
    const { outcome, tookMs } = await request();
    expect(outcome).toBe('overflowed');
    expect(tookMs).toBeGreaterThan(TIME_MS / 2 - 50);
    expect(tookMs).toBeLessThan(TIME_MS / 2 + 50);
  });

  it('SQS may take as long as EventBridge did', async () => {
    const request = coldStart();
    await request();
    taking(1800, 'SendMessage');
    const quick = latency;
    latency = (call) => (call === 'PutEvents' ? NEVER : quick(call));
    expect(await request()).toMatchObject({ outcome: 'overflowed' });
  });

  it('it is not asked again, because a consumer could get the event twice', async () => {
    taking(NEVER, 'PutEvents');
    await coldStart()();
    expect(timesOf('PutEvents')).toBe(1);
  });

  it('but is only slow, its answer still counts', async () => {
    latency = (call) => ({ PutEvents: 3000, SendMessage: NEVER })[call as string] ?? 10;
    expect(await coldStart()()).toMatchObject({ outcome: 'published' });
  });
});

describe('the answer comes by the deadline, and no earlier than it must, when', () => {
  it.each<[string, Call[]]>([
    ['EventBridge and SQS never answer', ['PutEvents', 'SendMessage']],
    ['EventBridge, SQS and DynamoDB never answer', ['PutEvents', 'SendMessage', 'PutItem', 'DeleteItem']],
    ['Secrets Manager never answers a cold start', ['GetSecretValue']],
  ])('%s', async (_case, hanging) => {
    taking(NEVER, ...hanging);
    expect(await coldStart()()).toEqual({ outcome: 'not-durable', tookMs: TIME_MS });
  });
});

test('a call that may take effect twice is made again when half of its time has passed', async () => {
  taking(NEVER, 'GetSecretValue');
  await coldStart()();
  expect(timesOf('GetSecretValue')).toBe(2 * 2);
});

test('cached client secrets are used when Secrets Manager never answers, and leave time to publish', async () => {
  const request = coldStart();
  await request();
  jest.setSystemTime(Date.now() + 5 * MINUTE_MS);
  taking(NEVER, 'GetSecretValue');
  expect(await request()).toMatchObject({ outcome: 'published' });
});

test('a duplicate of a notification that another instance never finishes is answered 503, so that it is retried', async () => {
  claimedByAnother = true;
  const { outcome, tookMs } = await coldStart()();
  expect(outcome).toBe('not-durable');
  expect(tookMs).toBeLessThan(TIME_MS);
  expect(calls).not.toContain('PutEvents');
});
