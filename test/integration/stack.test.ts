import { join } from 'node:path';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  type MetricAlarm,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  FilterLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetWebACLForResourceCommand, ListTagsForResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { notification, signatureOf } from '../../bin/allowlist/intercom';
import { readConfiguration } from '../../bin/allowlist/sync-function';
import { clientConfig } from '../../dev/closed-environment';
import {
  bootstrap,
  cdk,
  deploy,
  invokeDeployedSync,
  invokeUrl,
  type Outputs,
  readSyncRuns,
} from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { editFeed, type FeedFile, type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import { runSavedQuery } from '../../dev/saved-query';
import { DEPLOYMENT_CALLER } from '../../lambda/shared/caller';
import { DISCOVERY_TAG, OWNER_TAG } from '../../lambda/shared/constants';
import { type QueriedLog, SAVED_QUERIES, type SavedQuery } from '../../lib/observability/saved-queries';
import { startCheckedEmulator } from './checked-emulator';
import { TODAY, YESTERDAY } from './days';
import { Account } from './fixtures';
import { PUBLISHED } from './harness';

/** A record of which CloudWatch makes metrics. */
type EmfRecord = Readonly<Record<string, unknown>> & {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
};

let emulator: Emulator;
let feeds: FeedServer;
let outputs: Outputs;
let second: Outputs;
/** Of a stack that never had a feed. */
let nowhere: Outputs;
let account: Account;
let group: string;
const client = <T>(Client: new (config: ReturnType<typeof clientConfig>) => T) =>
  new Client(clientConfig(emulator.endpoint));
const v4 = async () => (await account.ipSet(outputs.Ipv4IpSetArn ?? '')).addresses;

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  account = new Account(clientConfig(emulator.endpoint));
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, YESTERDAY);
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
  it('when cdk deploy returns, the IP sets and a tagged security group are populated', async () => {
    expect(await v4()).toEqual(PUBLISHED);
    expect((await account.rules(group)).map((rule) => rule.split(' ')[1])).toEqual(PUBLISHED);
  });

  it('the run in a deployment logs its record, including a failed target that the stack did not create', async () => {
    const [record] = await readSyncRuns(emulator, outputs);
    expect(record).toMatchObject({ mode: 'apply', outcome: 'failed' });
    expect(record?.targets.find((target) => target.id === 'sg-0123456789abcdef0')).toMatchObject({ outcome: 'failed' });
  });

  it('the emulator runs the functions on the Node.js that Lambda runs', async () => {
    const lambda = client(LambdaClient);
    const FunctionName = outputs.WidgetFunctionName;
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    const exit = encodeURIComponent("if (!process.version.startsWith('v24.')) process.exit(1)");
    const NODE_OPTIONS = `${emulator.environment.NODE_OPTIONS} --import data:text/javascript,${exit}`;
    const Variables = { ...Environment?.Variables, NODE_OPTIONS };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }));
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: '{"describe":true}' }),
    );
    expect({ FunctionError, text: Payload?.transformToString() }).toEqual({ text: expect.stringContaining('##') });
  });

  it('the web ACL guards the webhook: it blocks by default and allows the two IP sets', async () => {
    const [apiId] = new URL(outputs.WebhookUrl ?? '').hostname.split('.');
    const ResourceArn = `arn:aws:apigateway:us-east-1::/restapis/${apiId}/stages/live`;
    const { WebACL } = await client(WAFV2Client).send(new GetWebACLForResourceCommand({ ResourceArn }));
    expect(WebACL?.DefaultAction).toEqual({ Block: {} });
    expect(WebACL?.Rules?.map(({ Name, Action }) => [Name, Action])).toEqual([
      ['too-large', { Count: {} }],
      ['intercom-ipv4', { Allow: {} }],
      ['intercom-ipv6', { Allow: {} }],
      ['blocked-like-intercom', { Block: {} }],
    ]);
  });
});

describe('the sync function', () => {
  it('a second invocation is in sync and writes nothing', async () => {
    const before = (await readSyncRuns(emulator, outputs)).length;
    const { answer, error } = await invokeDeployedSync(emulator, outputs);
    // The missing group makes the run fail, after everything that could be done was done.
    expect(error).toBeUndefined();
    expect(answer).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/^Target sg-0123456789abcdef0: .* does not exist/),
    });
    expect(answer.targets.map(({ outcome }) => outcome).sort()).toEqual(['failed', 'in-sync', 'in-sync', 'in-sync']);
    const log = await readSyncRuns(emulator, outputs);
    expect(log).toHaveLength(before + 1);
    expect(log.at(-1)).toMatchObject(answer);
  });

  it('a scheduled run that fails throws, so that Lambda retries it', async () => {
    const { error } = await invokeDeployedSync(emulator, outputs, { trigger: 'schedule' });
    expect(error).toMatch(/: Sync .* failed\. Target sg-0123456789abcdef0: .* does not exist/);
  });

  it('the sync function answers an unknown payload with the ones that it accepts', async () => {
    const { answer, error } = await invokeDeployedSync(emulator, outputs, { mode: 'aply' });
    expect(error).toBeUndefined();
    expect(answer).toMatchObject({
      outcome: 'failed',
      feeds: [],
      targets: [],
      error: expect.stringMatching(
        /^payload: {"mode":"aply"} is not allowed\. Allowed: {}, {"mode":"apply"}, {"mode":"plan"}/,
      ),
    });
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

  it('a deployment that removes the missing group from the configuration runs one sync, and the stack is then in sync', async () => {
    const deployed = async () =>
      (await readSyncRuns(emulator, outputs)).filter(({ by }) => by === DEPLOYMENT_CALLER).length;
    const before = await deployed();
    outputs = await redeploy();
    expect(await deployed()).toBe(before + 1);
    const { answer, error } = await invokeDeployedSync(emulator, outputs);
    expect(error).toBeUndefined();
    expect(answer).toMatchObject({ mode: 'apply', outcome: 'in-sync' });
    expect(answer.targets.map(({ apiCalls }) => apiCalls)).toEqual([1, 1, 1]);
  });

  it("a deployment that changes an IP set's description keeps its addresses", async () => {
    const before = await account.ipSet(outputs.Ipv4IpSetArn ?? '');
    await redeploy({}, { property: 'Description', value: 'another description' });
    const after = await account.ipSet(outputs.Ipv4IpSetArn ?? '');
    expect(after.lockToken).not.toBe(before.lockToken);
    expect(after.addresses).toEqual(PUBLISHED);
  });

  it("a deployment that changes an IP set's tag keeps its addresses", async () => {
    const tags = [
      { Key: OWNER_TAG, Value: 'another' },
      { Key: 'team', Value: 'platform' },
    ];
    await redeploy({}, { property: 'Tags', value: tags });
    const ResourceARN = outputs.Ipv4IpSetArn;
    const { TagInfoForResource } = await client(WAFV2Client).send(new ListTagsForResourceCommand({ ResourceARN }));
    expect(TagInfoForResource?.TagList).toEqual(tags);
    expect(await v4()).toEqual(PUBLISHED);
  });

  it('a deployment that renames an IP set creates the new one with every address before it deletes the old one', async () => {
    const old = outputs.Ipv4IpSetArn ?? '';
    outputs = await redeploy({}, { property: 'Name', value: 'IntercomAllowlist-v4b' });
    expect(outputs.Ipv4IpSetArn).not.toBe(old);
    expect(await v4()).toEqual(PUBLISHED);
    await expect(account.ipSet(old)).rejects.toThrow();
  });

  it('a second stack in the same account collides with nothing', async () => {
    second = await redeploy({ stackName: 'Second', intercomRegions: 'eu' });
    const { addresses } = await account.ipSet(second.Ipv4IpSetArn ?? '');
    expect(addresses).toEqual(['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32']);
    expect(await v4()).toEqual(PUBLISHED);
    // What the first put into the shared group covers all that the second wants there.
    expect((await account.rules(group)).every((rule) => rule.endsWith('owner=IntercomAllowlist'))).toBe(true);
    expect((await invokeDeployedSync(emulator, outputs)).answer).toMatchObject({ outcome: 'in-sync' });
  });

  it('cdk destroy deletes the IP sets and the overflow store of its stack and nothing of another stack', async () => {
    const s3 = new S3Client({ ...clientConfig(emulator.endpoint), forcePathStyle: true });
    const Bucket = second.OverflowBucketName;
    await s3.send(new PutObjectCommand({ Bucket, Key: '2026-06-30/1.json', Body: '{}' }));
    await cdk(emulator, ['destroy', '--force', '-c', 'stackName=Second', '-c', `feedBaseUrl=${feeds.baseUrl}`]);
    await expect(account.ipSet(second.Ipv4IpSetArn ?? '')).rejects.toThrow();
    await expect(account.ipSet(second.Ipv6IpSetArn ?? '')).rejects.toThrow();
    await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toThrow();
    expect(await v4()).toEqual(PUBLISHED);
    expect(await account.rules(group)).toHaveLength(PUBLISHED.length);
  });

  it('a stack whose feeds are unreachable is populated with the built-in addresses', async () => {
    nowhere = await redeploy({ stackName: 'Nowhere', feedBaseUrl: 'http://127.0.0.1:1' });
    expect((await account.ipSet(nowhere.Ipv4IpSetArn ?? '')).addresses).toEqual(PUBLISHED);
    const { answer } = await invokeDeployedSync(emulator, nowhere);
    expect(answer.outcome).toBe('failed');
    expect(answer.error).toMatch(/^No feed could be used.*the built-in addresses are allowed for us, eu, au/);
  });
});

describe('an edited feed', () => {
  const inForce = async () => [await v4(), (await account.rules(group)).map((rule) => rule.split(' ')[1]).sort()];

  it('an edited feed changes exactly the entries that differ, and the next run changes nothing', async () => {
    await editFeed(feeds.directory, 'us', (feed) => ({
      date: TODAY,
      ip_ranges: [
        ...feed.ip_ranges.filter(({ range }) => range !== '34.231.68.152/32'),
        { range: '34.195.12.34', region: 'US', service: 'INTERCOM-OUTBOUND' },
      ],
    }));
    const plan = await invokeDeployedSync(emulator, outputs, { mode: 'plan' });
    expect(plan.answer).toMatchObject({ mode: 'plan', outcome: 'planned' });
    expect(await v4()).toEqual(PUBLISHED);

    const { answer } = await invokeDeployedSync(emulator, outputs);
    const changed = { added: ['34.195.12.34/32'], removed: [], pendingRemoval: [{ range: '34.231.68.152/32' }] };
    expect(answer.targets.filter(({ outcome }) => outcome === 'changed')).toMatchObject([
      { kind: 'ip-set', ...changed },
      { kind: 'security-group', ...changed },
    ]);
    const expected = [...PUBLISHED, '34.195.12.34/32'].sort();
    expect(await inForce()).toEqual([expected, expected]);
    expect((await invokeDeployedSync(emulator, outputs)).answer).toMatchObject({ outcome: 'in-sync' });
  });

  it('approving a plan that does not await approval, or an invalid id, is an error that names it', async () => {
    const unknown = await invokeDeployedSync(emulator, outputs, { approve: 'ffffffffffff' });
    expect(unknown.answer.error).toMatch(/^No plan ffffffffffff awaits approval: it was applied already/);
    expect(unknown.answer.targets).not.toHaveLength(0);
    const malformed = await invokeDeployedSync(emulator, outputs, { approve: 'yes' });
    expect(malformed.answer.error).toMatch(/^payload: {"approve":"yes"} is not allowed/);
  });

  it('a deployment that sets the grace period to zero removes what is no longer published', async () => {
    outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl, removalGraceHours: '0' });
    const expected = [...PUBLISHED.filter((range) => range !== '34.231.68.152/32'), '34.195.12.34/32'].sort();
    expect(await inForce()).toEqual([expected, expected]);
  });
});

describe('what an operator finds in CloudWatch', () => {
  const DRIFTED = '52.44.63.161/32';
  let logs: Record<QueriedLog, string>;

  beforeAll(async () => {
    logs = {
      sync: await logGroupOf(outputs.SyncFunctionName ?? ''),
      receiver: await logGroupOf(await receiverName()),
      blocked: 'aws-waf-logs-IntercomAllowlist',
    };
    await account.revoke(group, DRIFTED);
    const stays = ['34.197.76.213/32', DRIFTED];
    const shrink = (feed: FeedFile) => feed.ip_ranges.filter(({ range }) => stays.includes(range));
    await editFeed(feeds.directory, 'us', (feed) => ({ ...feed, ip_ranges: shrink(feed) }));
    const wrong = { range: '999.1.2.3/32', region: 'EU', service: 'INTERCOM-OUTBOUND' };
    await editFeed(feeds.directory, 'eu', (feed) => ({ ...feed, ip_ranges: [...feed.ip_ranges, wrong] }));
    await invokeDeployedSync(emulator, outputs);
    expect((await sendForged()).status).toBe(503);
    const secret = { SecretId: outputs.ClientSecretArn, SecretString: 'the-client-secret' };
    await client(SecretsManagerClient).send(new PutSecretValueCommand(secret));
    // One after the other, and more than an alarm needs: an instance may write its last line only with its next call.
    for (let sent = 0; sent < 12; sent++) expect((await sendForged()).status).toBe(401);
    expect((await sendSigned(notification('notif_1', 'ticket.closed'))).status).toBe(200);
    expect((await sendForged()).status).toBe(401);
    await writeBlocked();
  });

  const FORGED = { 'x-hub-signature': `sha1=${'0'.repeat(40)}` };
  const sendForged = () => fetch(invokeUrl(emulator, outputs), { method: 'POST', body: '{}', headers: FORGED });

  const sendSigned = (body: string) => {
    const headers = { 'x-hub-signature': signatureOf(body, 'the-client-secret') };
    return fetch(invokeUrl(emulator, outputs), { method: 'POST', body, headers });
  };

  async function logGroupOf(functionName: string): Promise<string> {
    return (await readConfiguration(client(LambdaClient), functionName)).logGroup;
  }

  async function receiverName(): Promise<string> {
    const { Functions = [] } = await client(LambdaClient).send(new ListFunctionsCommand({}));
    return (
      Functions.find(({ FunctionName = '' }) => /^IntercomAllowlist-ReceiverFunction/.test(FunctionName))
        ?.FunctionName ?? ''
    );
  }

  /** Nothing is blocked in the emulator: a record as AWS WAF writes it (docs.aws.amazon.com, "Log fields for web ACL traffic"). */
  async function writeBlocked(): Promise<void> {
    const record = {
      action: 'BLOCK',
      terminatingRuleId: 'blocked-like-intercom',
      httpRequest: { clientIp: '198.51.100.7', country: 'IE', httpMethod: 'POST', uri: '/live/webhook' },
    };
    const at = { logGroupName: logs.blocked, logStreamName: 'us-east-1_IntercomAllowlist_0' };
    const events = [record, { ...record, action: 'ALLOW' }].map((event) => ({
      timestamp: Date.now(),
      message: JSON.stringify(event),
    }));
    await client(CloudWatchLogsClient).send(new CreateLogStreamCommand(at));
    await client(CloudWatchLogsClient).send(new PutLogEventsCommand({ ...at, logEvents: events }));
  }

  const valueAt = (record: Record<string, unknown>, path: string) =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], record);

  it.each<[keyof typeof SAVED_QUERIES, Record<string, unknown>]>([
    [
      'diffs',
      { record: 'diff', region: 'us', added: ['34.195.12.34/32'], message: expect.stringMatching(/^US: \+1 -0 in /) },
    ],
    [
      'waiting',
      {
        record: 'diff',
        region: 'us',
        planId: expect.stringMatching(/^[0-9a-f]{12}$/),
        awaitingApprovalRemoved: expect.any(Array),
      },
    ],
    [
      'drift',
      {
        record: 'diff',
        region: 'us',
        target: expect.stringMatching(/^sg-/),
        drift: [DRIFTED],
        message: expect.stringContaining(`${DRIFTED} had drifted`),
      },
    ],
    ['failures', { record: 'run', message: expect.stringContaining('sg-0123456789abcdef0') }],
    ['failures', { record: 'run', message: expect.stringContaining('No plan ffffffffffff awaits approval') }],
    ['blocked', { httpRequest: expect.objectContaining({ clientIp: '198.51.100.7' }) }],
    ['invalidSignature', { outcome: 'invalid-signature', status: 401 }],
    // The emulator counts nothing: that the right records are counted, by a field that they have, is all that it can show.
    ['topics', { outcome: 'published', notification: expect.objectContaining({ topic: 'ticket.closed' }) }],
  ])('the saved query of %s finds it, with every field that it shows, and nothing else', async (name, expected) => {
    const query: SavedQuery = SAVED_QUERIES[name];
    const records = await runSavedQuery(emulator, query, logs[query.log]);
    expect(records).toContainEqual(expect.objectContaining(expected));
    const shown = query.fields.filter((field) => records.some((record) => valueAt(record, field) !== undefined));
    expect(shown).toEqual(query.fields);
    const kinds = new Set(records.map(({ record, action, outcome }) => record ?? action ?? outcome));
    expect(kinds.size).toBe(1);
  });

  it('a pending removal that every run repeats is not listed as a diff', async () => {
    const changes = async (name: 'diffs' | 'waiting') =>
      (await runSavedQuery(emulator, SAVED_QUERIES[name], logs.sync)).map(
        ({ added, removed }) => [added, removed].flat().length,
      );
    expect(await changes('diffs')).not.toContain(0);
    expect(await changes('waiting')).toContain(0);
  });

  it("the log holds the metrics of the runs in CloudWatch's embedded metric format", async () => {
    const emf = await emfIn(logs.sync);
    const total = emf.filter((record) => 'GoodRuns' in record).at(-1);
    expect(total).toMatchObject({
      service: 'sync',
      stack: 'IntercomAllowlist',
      GoodRuns: 1,
      UntrustedFeeds: 1,
      PlansAwaitingApproval: 2,
      DriftRepaired: 1,
    });
    expect(total?._aws.CloudWatchMetrics[0]).toMatchObject({ Namespace: 'IntercomAllowlist' });
    const inForce = emf.filter((record) => record.target === outputs.Ipv4IpSetArn && 'RangesInForce' in record);
    expect(inForce.at(-1)).toMatchObject({ region: 'au', RangesInForce: 3 });
  });

  /** What CloudWatch makes metrics of in a log. */
  async function emfIn(logGroupName: string): Promise<EmfRecord[]> {
    const { events = [] } = await client(CloudWatchLogsClient).send(new FilterLogEventsCommand({ logGroupName }));
    return events.flatMap(({ message = '' }) => (message.includes('"_aws"') ? [JSON.parse(message)] : []));
  }

  /** The values of just the metric, with just the dimensions, that an alarm looks at. */
  function valuesFor(
    { Namespace, MetricName = '', Dimensions = [] }: MetricAlarm,
    emf: readonly EmfRecord[],
  ): number[] {
    const names = Dimensions.map(({ Name }) => Name).sort();
    const is = (record: EmfRecord) =>
      Dimensions.every(({ Name = '', Value }) => record[Name] === Value) &&
      record._aws.CloudWatchMetrics.some(
        (set) =>
          set.Namespace === Namespace &&
          set.Metrics.some(({ Name }) => Name === MetricName) &&
          set.Dimensions.some((dimensions) => [...dimensions].sort().join() === names.join()),
      );
    return emf.flatMap((record) => (is(record) ? [Number(record[MetricName])] : []));
  }

  async function alarmNamed(AlarmName: string): Promise<MetricAlarm> {
    const { MetricAlarms: [alarm] = [] } = await client(CloudWatchClient).send(
      new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }),
    );
    if (!alarm) throw new Error(`There is no alarm ${AlarmName}`);
    return alarm;
  }

  const emfOf = {
    sync: async () => emfIn(logs.sync),
    'sync without a feed': async () => emfIn(await logGroupOf(nowhere.SyncFunctionName ?? '')),
    receiver: async () => emfIn(logs.receiver),
  };

  // The emulator takes no metrics from logs, and looks at no dimensions: so each alarm gets its own values, and no metric twice.
  it.each<[alarm: string, from: keyof typeof emfOf]>([
    ['Nowhere-NoGoodRun', 'sync without a feed'],
    ['Nowhere-FeedFailing-us', 'sync without a feed'],
    ['Nowhere-FallbackInUse', 'sync without a feed'],
    ['IntercomAllowlist-FeedUntrusted', 'sync'],
    ['IntercomAllowlist-PlanAwaitingApproval', 'sync'],
    ['IntercomAllowlist-RemovalPending', 'sync'],
    ['IntercomAllowlist-DeliveryFailed', 'receiver'],
    ['IntercomAllowlist-InvalidSignatureBurst', 'receiver'],
  ])('the alarm %s rises over what the %s wrote', async (name, from) => {
    const alarm = await alarmNamed(name);
    expect(alarm.StateValue).not.toBe('ALARM');
    const values = valuesFor(alarm, await emfOf[from]());
    const { Namespace, MetricName, Dimensions } = alarm;
    await client(CloudWatchClient).send(
      new PutMetricDataCommand({ Namespace, MetricData: values.map((Value) => ({ MetricName, Dimensions, Value })) }),
    );
    expect((await alarmNamed(name)).StateValue).toBe('ALARM');
  });

  it('every alarm on a metric of the stack uses a metric that is written, with its dimensions', async () => {
    // A count is written where it is not zero, so in one stack or the other.
    const emf = (await Promise.all(Object.values(emfOf).map((read) => read()))).flat();
    const { MetricAlarms = [] } = await client(CloudWatchClient).send(new DescribeAlarmsCommand({}));
    const managed = MetricAlarms.filter(({ Namespace }) => Namespace === 'IntercomAllowlist');
    const namesOf = (alarms: readonly MetricAlarm[]) =>
      [...new Set(alarms.map(({ AlarmName = '' }) => AlarmName.replace(/^\w+-/, '')))].sort();
    // No guard has a problem here, and every message is sent. What they are written for is in findings.test.ts and publish-report.test.ts.
    const elsewhere = ['GuardProblem', 'MessagesUnsent'];
    expect(namesOf(managed)).toHaveLength(13);
    expect(namesOf(managed.filter((alarm) => valuesFor(alarm, emf).length > 0))).toEqual(
      namesOf(managed).filter((name) => !elsewhere.includes(name)),
    );
  });

  it('the alarms on AWS metrics use resources that were deployed', async () => {
    const of = async (name: string) =>
      (await alarmNamed(`IntercomAllowlist-${name}`)).Dimensions?.map(({ Value }) => Value);
    expect(await of('RunFailed')).toEqual([outputs.SyncFunctionName]);
    expect(await of('OverflowNotEmpty')).toEqual([outputs.OverflowQueueUrl?.split('/').at(-1)]);
    expect(await of('OverflowGivenUp')).toEqual([
      expect.stringMatching(/^IntercomAllowlist-ReceiverOverflowDeadLetters/),
    ]);
    expect(await of('WebhookFails')).toEqual(['IntercomAllowlist']);
    expect(await of('IntercomBlocked')).toEqual(expect.arrayContaining(['IntercomAllowlist', 'us-east-1']));
  });

  it('every alarm is deployed, and the dashboard shows it', async () => {
    const { MetricAlarms = [] } = await client(CloudWatchClient).send(
      new DescribeAlarmsCommand({ AlarmNamePrefix: 'IntercomAllowlist-' }),
    );
    expect(MetricAlarms).toHaveLength(20);
    const { DashboardBody = '' } = await client(CloudWatchClient).send(
      new GetDashboardCommand({ DashboardName: 'IntercomAllowlist' }),
    );
    expect(
      JSON.parse(DashboardBody).widgets.map(({ properties }: { properties: { title: string } }) => properties.title),
    ).toEqual([
      'Alarms',
      'Now (-- means none)',
      'Intercom allowlist of IntercomAllowlist',
      'Ranges in force in the IP sets, and where they changed',
      'Runs with a stale or failing feed',
      'Range diffs',
      'Web ACL',
      'Receiver',
      'Sync runs',
    ]);
  });
});
