import { join } from 'node:path';
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetWebACLForResourceCommand, ListTagsForResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { DISCOVERY_TAG } from '../../lambda/shared/names';
import { clientConfig } from '../../local/closed-environment';
import { bootstrap, cdk, deploy, invokeSync, invokeUrl, type Outputs, readSyncLog } from '../../local/deployment';
import { type Emulator, startEmulator } from '../../local/emulator';
import { dayFromToday, editFeed, type FeedServer, serveFeeds, writePublishedFeeds } from '../../local/feeds';
import { notification, signatureOf } from '../../local/intercom';
import { Account } from './fixtures';
import { PUBLISHED } from './harness';

let emulator: Emulator;
let feeds: FeedServer;
let outputs: Outputs;
let account: Account;
let group: string;
const client = <T>(Client: new (config: ReturnType<typeof clientConfig>) => T) =>
  new Client(clientConfig(emulator.endpoint));
const v4 = async () => (await account.ipSet(outputs.Ipv4IpSetArn ?? '')).addresses;

beforeAll(async () => {
  emulator = await startEmulator();
  account = new Account(clientConfig(emulator.endpoint));
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, dayFromToday(-1));
  group = await account.makeGroup('my-own', [{ Key: DISCOVERY_TAG, Value: '443' }]);
  await bootstrap(emulator);
  // A group that does not exist: a target that the stack did not make can't fail the deploy.
  outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl, securityGroupIds: 'sg-0123456789abcdef0' });
});
afterAll(async () => {
  await feeds?.stop();
  await emulator?.stop();
});

describe('cdk deploy', () => {
  it('returns with a full allowlist in its sets and in a tagged group', async () => {
    expect(await v4()).toEqual(PUBLISHED);
    expect((await account.rules(group)).map((rule) => rule.split(' ')[1])).toEqual(PUBLISHED);
  });

  it('logs the record of its run, with the failed target of somebody else', async () => {
    const [record] = await readSyncLog(emulator, outputs);
    expect(record).toMatchObject({ mode: 'apply', outcome: 'changed' });
    expect(record?.targets.find((target) => target.id === 'sg-0123456789abcdef0')).toMatchObject({ outcome: 'failed' });
  });

  it('puts the web ACL in front of the webhook: block by default, the two sets allowed', async () => {
    const [apiId] = new URL(outputs.WebhookUrl ?? '').hostname.split('.');
    const ResourceArn = `arn:aws:apigateway:us-east-1::/restapis/${apiId}/stages/live`;
    const { WebACL } = await client(WAFV2Client).send(new GetWebACLForResourceCommand({ ResourceArn }));
    expect(WebACL?.DefaultAction).toEqual({ Block: {} });
    expect(WebACL?.Rules?.map(({ Name, Action }) => [Name, Action])).toEqual([
      ['intercom-ipv4', { Allow: {} }],
      ['intercom-ipv6', { Allow: {} }],
    ]);
  });
});

describe('the sync function', () => {
  it('a second invocation is in sync and writes nothing', async () => {
    const before = (await readSyncLog(emulator, outputs)).length;
    const { answer, error } = await invokeSync(emulator, outputs);
    // The missing group makes the run fail, after everything that could be done was done.
    expect(error).toMatch(/Sync .* failed\. Target sg-0123456789abcdef0: .* does not exist/);
    expect(answer).not.toHaveProperty('feeds');
    const log = await readSyncLog(emulator, outputs);
    expect(log).toHaveLength(before + 1);
    expect(log.at(-1)).toMatchObject({ outcome: 'in-sync' });
  });

  it('refuses a payload that it does not know', async () => {
    const { error } = await invokeSync(emulator, outputs, { mode: 'aply' });
    expect(error).toMatch(/payload: {"mode":"aply"} is not allowed\. Allowed: /);
  });
});

describe('another deploy', () => {
  const redeploy = (context: Record<string, string> = {}, altered?: { property: string; value: unknown }) => {
    const app = altered && `node --import tsx ${join(__dirname, 'altered-app.ts')}`;
    const environment = { ALTER_PROPERTY: altered?.property, ALTER_VALUE: JSON.stringify(altered?.value) };
    return deploy(
      { ...emulator, environment: { ...emulator.environment, ...(altered ? environment : {}) } },
      { feedBaseUrl: feeds.baseUrl, ...context },
      app ? ['--app', app] : [],
    );
  };

  it('that takes the missing group out runs one sync, and the function then answers in-sync', async () => {
    const before = (await readSyncLog(emulator, outputs)).length;
    outputs = await redeploy();
    expect(await readSyncLog(emulator, outputs)).toHaveLength(before + 1);
    const { answer, error } = await invokeSync(emulator, outputs);
    expect(error).toBeUndefined();
    expect(answer).toMatchObject({ mode: 'apply', outcome: 'in-sync' });
    expect(answer.targets.map(({ apiCalls }) => apiCalls)).toEqual([1, 1, 1]);
  });

  it('that changes the description of a set writes the same addresses back', async () => {
    const before = await account.ipSet(outputs.Ipv4IpSetArn ?? '');
    await redeploy({}, { property: 'Description', value: 'another description' });
    const after = await account.ipSet(outputs.Ipv4IpSetArn ?? '');
    expect(after.lockToken).not.toBe(before.lockToken);
    expect(after.addresses).toEqual(PUBLISHED);
  });

  it('that changes a tag of a set leaves every address in it', async () => {
    const tags = [
      { Key: 'intercom-allowlist:owner', Value: 'IntercomAllowlist' },
      { Key: 'team', Value: 'platform' },
    ];
    await redeploy({}, { property: 'Tags', value: tags });
    const ResourceARN = outputs.Ipv4IpSetArn;
    const { TagInfoForResource } = await client(WAFV2Client).send(new ListTagsForResourceCommand({ ResourceARN }));
    expect(TagInfoForResource?.TagList).toEqual(tags);
    expect(await v4()).toEqual(PUBLISHED);
  });

  it('that renames a set makes the new one with every address before the old one goes', async () => {
    const old = outputs.Ipv4IpSetArn ?? '';
    outputs = await redeploy({}, { property: 'Name', value: 'IntercomAllowlist-v4b' });
    expect(outputs.Ipv4IpSetArn).not.toBe(old);
    expect(await v4()).toEqual(PUBLISHED);
    await expect(account.ipSet(old)).rejects.toThrow();
    outputs = await redeploy();
    expect(await v4()).toEqual(PUBLISHED);
  });

  it('of a second stack beside it collides with nothing', async () => {
    const second = await redeploy({ stackName: 'Second', regions: 'eu' });
    const { addresses } = await account.ipSet(second.Ipv4IpSetArn ?? '');
    expect(addresses).toEqual(['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32']);
    expect(await v4()).toEqual(PUBLISHED);
    // What the first put into the shared group covers all that the second wants there.
    expect((await account.rules(group)).every((rule) => rule.endsWith('owner=IntercomAllowlist'))).toBe(true);
    expect((await invokeSync(emulator, outputs)).answer).toMatchObject({ outcome: 'in-sync' });
  });

  it('cdk destroy takes the sets of its stack and nothing of another', async () => {
    const second = await redeploy({ stackName: 'Second', regions: 'eu' });
    await cdk(emulator, ['destroy', '--force', '-c', 'stackName=Second', '-c', `feedBaseUrl=${feeds.baseUrl}`]);
    await expect(account.ipSet(second.Ipv4IpSetArn ?? '')).rejects.toThrow();
    await expect(account.ipSet(second.Ipv6IpSetArn ?? '')).rejects.toThrow();
    expect(await v4()).toEqual(PUBLISHED);
    expect(await account.rules(group)).toHaveLength(PUBLISHED.length);
  });

  it('fails when the sets of the stack could not be filled, and says why', async () => {
    const nowhere = redeploy({ stackName: 'Nowhere', feedBaseUrl: 'http://127.0.0.1:1' });
    await expect(nowhere).rejects.toThrow(/No feed could be used/);
  });
});

describe('an edited feed', () => {
  it('changes exactly the right entries, and then nothing', async () => {
    await editFeed(feeds.directory, 'us', (feed) => ({
      date: dayFromToday(0),
      ip_ranges: [
        ...feed.ip_ranges.filter(({ range }) => range !== '34.231.68.152/32'),
        { range: '34.195.12.34', region: 'US', service: 'INTERCOM-OUTBOUND' },
      ],
    }));
    const plan = await invokeSync(emulator, outputs, { mode: 'plan' });
    expect(plan.answer).toMatchObject({ mode: 'plan', outcome: 'planned' });
    expect(await v4()).toEqual(PUBLISHED);

    const { answer } = await invokeSync(emulator, outputs);
    const changed = { added: ['34.195.12.34/32'], removed: ['34.231.68.152/32'] };
    expect(answer.targets.filter(({ outcome }) => outcome === 'changed')).toEqual([
      expect.objectContaining({ kind: 'ip-set', ...changed }),
      expect.objectContaining({ kind: 'security-group', ...changed }),
    ]);
    const expected = [...PUBLISHED.filter((range) => range !== '34.231.68.152/32'), '34.195.12.34/32'].sort();
    expect(await v4()).toEqual(expected);
    expect((await account.rules(group)).map((rule) => rule.split(' ')[1]).sort()).toEqual(expected);
    expect((await invokeSync(emulator, outputs)).answer).toMatchObject({ outcome: 'in-sync' });
  });
});

describe('the webhook', () => {
  let url: string;
  let secret: string;
  let queueUrl: string;

  beforeAll(async () => {
    url = invokeUrl(emulator, outputs);
    const answer = await client(SecretsManagerClient).send(
      new GetSecretValueCommand({ SecretId: outputs.ClientSecretArn }),
    );
    secret = answer.SecretString ?? '';
    queueUrl = await subscribe(outputs.EventBusName ?? '');
  });

  /** A queue that gets whatever the receiver puts on the bus. */
  async function subscribe(EventBusName: string): Promise<string> {
    const sqs = client(SQSClient);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'all-notifications' }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const events = client(EventBridgeClient);
    const EventPattern = JSON.stringify({ source: ['intercom.webhook'] });
    await events.send(new PutRuleCommand({ Name: 'all', EventBusName, EventPattern }));
    await events.send(
      new PutTargetsCommand({ Rule: 'all', EventBusName, Targets: [{ Id: 'q', Arn: Attributes?.QueueArn }] }),
    );
    return QueueUrl;
  }

  /** What reached the bus since the last look. */
  async function published(): Promise<Record<string, unknown>[]> {
    const { Messages = [] } = await client(SQSClient).send(
      new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3600 }),
    );
    return Messages.map(({ Body = '' }) => JSON.parse(Body));
  }

  async function post(body: string | Buffer, signature: string | undefined): Promise<number> {
    const headers = signature === undefined ? {} : { 'X-Hub-Signature': signature };
    const { status } = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
    return status;
  }

  it('HEAD, as when the URL is saved -> 200', async () => {
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  });

  it.each(['GET', 'PUT', 'DELETE'])('%s is not answered', async (method) => {
    expect((await fetch(url, { method })).status).toBeGreaterThanOrEqual(400);
  });

  it('a signed notification -> 200, and it is on the bus as it was signed', async () => {
    const body = notification('notif_1', 'conversation.user.replied');
    expect(await post(body, signatureOf(body, secret))).toBe(200);
    const [event, ...rest] = await published();
    expect(rest).toEqual([]);
    expect(event).toMatchObject({ source: 'intercom.webhook', 'detail-type': 'conversation.user.replied' });
    expect(event?.detail).toEqual(JSON.parse(body));
  });

  it('an unknown topic passes', async () => {
    const body = notification('notif_2', 'something.quite.new');
    expect(await post(body, signatureOf(body, secret))).toBe(200);
    expect(await published()).toHaveLength(1);
  });

  it('a ping -> 200, and nothing on the bus', async () => {
    const body = JSON.stringify({
      type: 'notification_event',
      topic: 'ping',
      id: null,
      data: { item: { type: 'ping' } },
    });
    expect(await post(body, signatureOf(body, secret))).toBe(200);
    expect(await published()).toEqual([]);
  });

  const body = notification('notif_3');
  const large = JSON.stringify({ type: 'notification_event', topic: 'x', id: 'notif_4', pad: 'x'.repeat(1024 * 1024) });
  it.each([
    ['no signature', body, () => undefined, 401],
    ["another secret's signature", body, () => signatureOf(body, 'not-the-secret'), 401],
    ["another body's signature", body, () => signatureOf(`${body} `, secret), 401],
    ['an upper-case signature', body, () => signatureOf(body, secret).toUpperCase().replace('SHA1', 'sha1'), 401],
    ['a SHA-256 signature', body, () => `sha256=${'0'.repeat(64)}`, 401],
    ['no JSON, signed', '<html>', () => signatureOf('<html>', secret), 400],
    ['no notification, signed', '{"type":"other"}', () => signatureOf('{"type":"other"}', secret), 400],
    ['an empty body, signed', '', () => signatureOf('', secret), 400],
    ['more than the bus takes, signed', large, () => signatureOf(large, secret), 413],
  ])('%s -> nothing on the bus', async (_name, text, signature, status) => {
    expect(await post(text, signature())).toBe(status);
    expect(await published()).toEqual([]);
  });

  it.each([
    ['text', false, 200],
    ['base64', true, 200],
  ])(
    'the raw bytes of a body that API Gateway hands over as %s are what is checked',
    async (encoding, isBase64Encoded, status) => {
      const text = notification(`notif_${encoding}`);
      const event = {
        httpMethod: 'POST',
        headers: { 'x-hub-signature': signatureOf(text, secret) },
        body: isBase64Encoded ? Buffer.from(text).toString('base64') : text,
        isBase64Encoded,
        requestContext: { identity: { sourceIp: '34.197.76.213' } },
      };
      const lambda = client(LambdaClient);
      const { Payload } = await lambda.send(
        new InvokeCommand({ FunctionName: await receiverName(), Payload: JSON.stringify(event) }),
      );
      expect(JSON.parse(Payload?.transformToString() ?? '')).toEqual({ statusCode: status, body: '' });
      expect(await published()).toHaveLength(1);
    },
  );

  async function receiverName(): Promise<string> {
    const { paginateListFunctions } = await import('@aws-sdk/client-lambda');
    for await (const page of paginateListFunctions({ client: client(LambdaClient) }, {})) {
      const found = page.Functions?.find(({ FunctionName }) =>
        FunctionName?.startsWith('IntercomAllowlist-ReceiverFunction'),
      );
      if (found?.FunctionName) return found.FunctionName;
    }
    throw new Error('no receiver');
  }
});
