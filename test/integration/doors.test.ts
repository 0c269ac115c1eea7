import { join } from 'node:path';
import {
  APIGatewayClient,
  CreateStageCommand,
  DeleteStageCommand,
  GetStageCommand,
  UpdateRestApiCommand,
} from '@aws-sdk/client-api-gateway';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  EC2Client,
  type IpPermission,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { CreateEventBusCommand, DeleteEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import {
  DeleteSecretCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, DeleteQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import {
  AssociateWebACLCommand,
  CreateRuleGroupCommand,
  CreateWebACLCommand,
  DeleteRuleGroupCommand,
  DisassociateWebACLCommand,
  GetWebACLCommand,
  type Rule,
  UpdateWebACLCommand,
  WAFV2Client,
  type WebACL,
} from '@aws-sdk/client-wafv2';
import type { Explanation } from '../../bin/allowlist/explanation';
import type { Status } from '../../bin/allowlist/status';
import { readConfiguration } from '../../bin/allowlist/sync-function';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap, deploy, invokeDeployedSync, type Outputs } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import type { RunRecord } from '../../lambda/core/report/run-record';
import { ACCEPT_TAG, DISCOVERY_TAG } from '../../lambda/shared/constants';
import { startCheckedEmulator } from './checked-emulator';
import { YESTERDAY } from './days';
import { Account } from './fixtures';
import { runAllowlist } from './terminal';

const SECRET = '5e0c1f7a9b3d2e4c6f8a';

let emulator: Emulator;
let feeds: FeedServer;
let outputs: Outputs;
let account: Account;
let group: string;
let foreignSet: string;
let ec2: EC2Client;
let waf: WAFV2Client;
let apiGateway: APIGatewayClient;
let stageArn: string;
let apiId: string;

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, YESTERDAY);
  const config = clientConfig(emulator.endpoint);
  account = new Account(config);
  ec2 = new EC2Client(config);
  waf = new WAFV2Client(config);
  apiGateway = new APIGatewayClient(config);
  group = await account.makeGroup('my-own', [{ Key: DISCOVERY_TAG, Value: '443' }]);
  foreignSet = await account.makeIpSet('partners', ['198.18.0.0/15']);
  await bootstrap(emulator);
  outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl, ipSetArns: foreignSet });
  [apiId = ''] = new URL(outputs.WebhookUrl ?? '').hostname.split('.');
  const region = (outputs.WebAclArn ?? '').split(':')[3];
  stageArn = `arn:aws:apigateway:${region}::/restapis/${apiId}/stages/live`;
  await account.setAddresses(foreignSet, []);
  await secrets().send(new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString: SECRET }));
});

afterAll(async () => {
  await emulator?.stop();
  await feeds?.stop();
});

function secrets(): SecretsManagerClient {
  return new SecretsManagerClient(clientConfig(emulator.endpoint));
}

/** A way in, or a way for notifications to be lost. */
interface Door {
  readonly open: () => Promise<unknown>;
  readonly close: () => Promise<unknown>;
  /** The one line that says so, in `status`. */
  readonly says: RegExp;
}

/** What one sync and one look say, in all places that say it. */
interface Said {
  readonly record: string[];
  readonly log: string[];
  readonly status: string[];
  readonly code: number | null;
  readonly run: RunRecord;
}

function problemsIn({ targets, guards }: Pick<RunRecord, 'targets' | 'guards'> | Status): string[] {
  const exposures = targets.filter(({ exposed, acceptedExposure }) => exposed && acceptedExposure === null);
  return [
    ...exposures.map(({ id, exposure }) => `${id} ${exposure[0]?.range}`),
    ...guards.flatMap(({ kind, problems }) => problems.map((problem) => `${kind}: ${problem}`)),
  ];
}

async function look(): Promise<Said> {
  const { answer } = await invokeDeployedSync(emulator, outputs);
  const { code, stdout } = await runAllowlist(['status'], emulator.environment);
  const status = stdout.split('\n').filter((line) => /^(EXPOSED|PROBLEM): /.test(line));
  const record = problemsIn(answer);
  const log = await warningsOf(answer.runId);
  return { record, log, status, code, run: answer };
}

/**
 * The log records of a run about what is open. The emulator takes in what a function prints some time after its answer, so the record of
 * the run, which comes last, is awaited.
 */
async function warningsOf(runId: string): Promise<string[]> {
  const client = new CloudWatchLogsClient(clientConfig(emulator.endpoint));
  const { logGroup: logGroupName } = await readConfiguration(
    new LambdaClient(clientConfig(emulator.endpoint)),
    outputs.SyncFunctionName ?? '',
  );
  let lines: { readonly record: string; readonly level: string; readonly message: string }[] = [];
  while (!lines.some(({ record }) => record === 'run')) {
    lines = [];
    for await (const { events = [] } of paginateFilterLogEvents(
      { client },
      { logGroupName, filterPattern: `{ $.runId = "${runId}" }` },
    )) {
      // The emulator also answers lines that are no records, such as Lambda's own.
      const found = events.flatMap(({ message = '' }) => (message.startsWith('{') ? [JSON.parse(message)] : []));
      lines.push(...found.filter((line) => line.runId === runId));
    }
  }
  return lines
    .filter(({ record, level }) => ['exposure', 'guard'].includes(record) && level === 'WARN')
    .map(({ message }) => message);
}

const rule = (permission: Partial<IpPermission>): Pick<Door, 'open' | 'close'> => {
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, ...permission }];
  return {
    open: () => ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions })),
    close: () => ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: group, IpPermissions })),
  };
};
const EVERYONE = { IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

/** Changes the web ACL, and puts it back. */
function aclDoor(change: (acl: WebACL) => Partial<WebACL>): Pick<Door, 'open' | 'close'> {
  let before: WebACL;
  return {
    open: async () => {
      before = await webAcl();
      await update({ ...before, ...change(before) });
    },
    close: () => update(before),
  };
}

async function webAcl(): Promise<WebACL> {
  const { WebACL } = await waf.send(new GetWebACLCommand(aclName()));
  return WebACL as WebACL;
}

async function update({ DefaultAction, Rules, VisibilityConfig }: WebACL): Promise<void> {
  const { LockToken } = await waf.send(new GetWebACLCommand(aclName()));
  await waf.send(new UpdateWebACLCommand({ ...aclName(), DefaultAction, Rules, VisibilityConfig, LockToken }));
}

function aclName() {
  const [, Name = '', Id = ''] = /webacl\/([^/]+)\/(.+)$/.exec(outputs.WebAclArn ?? '') ?? [];
  return { Name, Id, Scope: 'REGIONAL' as const };
}

const rulesOf = ({ Rules = [] }: WebACL) => Rules;
const changeRule = (acl: WebACL, name: string, change: Partial<Rule>) =>
  rulesOf(acl).map((rule) => (rule.Name === name ? { ...rule, ...change } : rule));
const ruleOfOthers = (name: string, Priority: number, change: Partial<Rule>): Rule => ({
  Name: name,
  Priority,
  Action: { Allow: {} },
  Statement: { GeoMatchStatement: { CountryCodes: ['NL', 'DE'] } },
  VisibilityConfig: { MetricName: name, CloudWatchMetricsEnabled: false, SampledRequestsEnabled: false },
  ...change,
});
/** Priorities are unique: those of the stack move up by one. */
const putFirst = (acl: WebACL, first: Rule) => [
  first,
  ...rulesOf(acl).map((rule) => ({ ...rule, Priority: (rule.Priority ?? 0) + 1 })),
];

const DOORS: Readonly<Record<string, () => Door>> = {
  'a rule for everyone by IPv4': () => ({
    ...rule(EVERYONE),
    says: /security group sg-\w+ allows 0\.0\.0\.0\/0 at port 443 by rule sgr-\w+ \(tcp 443\)/,
  }),
  'a rule for everyone by IPv6': () => ({
    ...rule({ Ipv6Ranges: [{ CidrIpv6: '::/0' }] }),
    says: /allows ::\/0 at port 443/,
  }),
  'a rule for all protocols': () => ({
    ...rule({ ...EVERYONE, IpProtocol: '-1', FromPort: -1, ToPort: -1 }),
    says: /allows 0\.0\.0\.0\/0 at port 443 by rule sgr-\w+ \(all protocols\)/,
  }),
  'a rule for all ports': () => ({
    ...rule({ ...EVERYONE, FromPort: 0, ToPort: 65535 }),
    says: /by rule sgr-\w+ \(tcp 0-65535\)/,
  }),
  'a rule for a range wider than /20': () => ({
    ...rule({ IpRanges: [{ CidrIp: '34.192.0.0/12' }] }),
    says: /allows 34\.192\.0\.0\/12 at port 443/,
  }),
  'a wide entry in an IP set of others that is a target': () => ({
    open: () => account.setAddresses(foreignSet, ['0.0.0.0/1']),
    close: () => account.setAddresses(foreignSet, []),
    says: /IP set partners allows 0\.0\.0\.0\/1/,
  }),
  'a default action that allows': () => ({
    ...aclDoor(() => ({ DefaultAction: { Allow: {} } })),
    says: /Its default action is Allow/,
  }),
  'a rule for countries before those of the stack': () => ({
    ...aclDoor((acl) => ({ Rules: putFirst(acl, ruleOfOthers('europe', 0, {})) })),
    says: /Rule europe \(priority 0\) allows requests that match country NL, DE/,
  }),
  'a rule that allows after those of the stack': () => ({
    ...aclDoor((acl) => ({ Rules: [...rulesOf(acl), ruleOfOthers('later', 99, {})] })),
    says: /Rule later \(priority 99\) allows requests/,
  }),
  'a rule that blocks before those of the stack': () => ({
    ...aclDoor((acl) => ({ Rules: putFirst(acl, ruleOfOthers('geo-block', 0, { Action: { Block: {} } })) })),
    says: /Rule geo-block \(priority 0\) stops requests that match country NL, DE before intercom-ipv4 and intercom-ipv6/,
  }),
  'a managed rule group before those of the stack': () => ({
    ...aclDoor((acl) => ({
      Rules: putFirst(
        acl,
        ruleOfOthers('common', 0, {
          Action: undefined,
          OverrideAction: { None: {} },
          Statement: { ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } },
        }),
      ),
    })),
    says: /Rule common \(priority 0\) runs managed rule group AWSManagedRulesCommonRuleSet, which may stop requests before intercom-ipv4/,
  }),
  'a rule of the stack after the one that blocks': () => ({
    ...aclDoor((acl) => ({ Rules: changeRule(acl, 'intercom-ipv4', { Priority: 50 }) })),
    says: /Rule blocked-like-intercom \(priority 3\) stops requests that match RegexMatch before intercom-ipv4/,
  }),
  'a rule of the stack that was removed': () => ({
    ...aclDoor((acl) => ({ Rules: rulesOf(acl).filter(({ Name }) => Name !== 'intercom-ipv6') })),
    says: /No rule allows IP set arn:\S+-v6\//,
  }),
  'a rule of the stack that only counts': () => ({
    ...aclDoor((acl) => ({ Rules: changeRule(acl, 'intercom-ipv4', { Action: { Count: {} } }) })),
    says: /Rule intercom-ipv4 \(priority 1\) does not allow IP set/,
  }),
  'a rule of the stack that trusts a header': () => ({
    ...aclDoor((acl) => ({
      Rules: changeRule(acl, 'intercom-ipv4', {
        Statement: {
          IPSetReferenceStatement: {
            ARN: outputs.Ipv4IpSetArn,
            IPSetForwardedIPConfig: { HeaderName: 'X-Forwarded-For', FallbackBehavior: 'MATCH', Position: 'FIRST' },
          },
        },
      }),
    })),
    says: /takes the address from the header X-Forwarded-For/,
  }),
  'a rule group that allows': () => {
    let arn: string | undefined;
    let removed: () => Promise<unknown>;
    const door = aclDoor((acl) => ({
      Rules: [
        ...rulesOf(acl),
        ruleOfOthers('team', 99, {
          Action: undefined,
          OverrideAction: { None: {} },
          Statement: { RuleGroupReferenceStatement: { ARN: arn } },
        }),
      ],
    }));
    return {
      open: async () => {
        const VisibilityConfig = ruleOfOthers('team', 0, {}).VisibilityConfig;
        const group = { Name: 'team', Scope: 'REGIONAL', Capacity: 1, VisibilityConfig } as const;
        const created = await waf.send(
          new CreateRuleGroupCommand({ ...group, Rules: [ruleOfOthers('europe', 0, {})] }),
        );
        const { ARN, Id, LockToken } = created.Summary ?? {};
        arn = ARN;
        removed = () => waf.send(new DeleteRuleGroupCommand({ Name: 'team', Scope: 'REGIONAL', Id, LockToken }));
        await door.open();
      },
      close: async () => {
        await door.close();
        await removed();
      },
      says: /Rule europe of rule group team \(priority 99\) allows requests that match country NL, DE/,
    };
  },
  'no web ACL': () => ({
    open: () => waf.send(new DisassociateWebACLCommand({ ResourceArn: stageArn })),
    close: () => waf.send(new AssociateWebACLCommand({ ResourceArn: stageArn, WebACLArn: outputs.WebAclArn })),
    says: /No web ACL is in front of arn:aws:apigateway:\S+\/stages\/live, so every request is allowed/,
  }),
  'another web ACL': () => ({
    open: async () => {
      const visibility = { MetricName: 'other', CloudWatchMetricsEnabled: false, SampledRequestsEnabled: false };
      const { Summary } = await waf.send(
        new CreateWebACLCommand({
          Name: 'other',
          Scope: 'REGIONAL',
          DefaultAction: { Allow: {} },
          VisibilityConfig: visibility,
        }),
      );
      await waf.send(new AssociateWebACLCommand({ ResourceArn: stageArn, WebACLArn: Summary?.ARN }));
    },
    close: () => waf.send(new AssociateWebACLCommand({ ResourceArn: stageArn, WebACLArn: outputs.WebAclArn })),
    says: /Web ACL other is in front of \S+ instead of this one/,
  }),
  'an API whose endpoint is disabled': () => ({
    open: () => patchApi('/disableExecuteApiEndpoint', 'true'),
    close: () => patchApi('/disableExecuteApiEndpoint', 'false'),
    says: /The default endpoint of API \w+ is disabled/,
  }),
  'a stage that was deleted': () => {
    let deploymentId: string | undefined;
    const stage = () => ({ restApiId: apiId, stageName: 'live' });
    return {
      open: async () => {
        ({ deploymentId } = await apiGateway.send(new GetStageCommand(stage())));
        await apiGateway.send(new DeleteStageCommand(stage()));
      },
      close: () => apiGateway.send(new CreateStageCommand({ ...stage(), deploymentId })),
      says: /Stage live of API \w+ does not exist, so every notification fails/,
    };
  },
  'another stage of the API': () => {
    const stage = { restApiId: apiId, stageName: 'beta' };
    return {
      open: async () => {
        const { deploymentId } = await apiGateway.send(new GetStageCommand({ ...stage, stageName: 'live' }));
        await apiGateway.send(new CreateStageCommand({ ...stage, deploymentId }));
      },
      close: () => apiGateway.send(new DeleteStageCommand(stage)),
      says: /No web ACL is in front of stage beta of the API, so every request to it is allowed/,
    };
  },
  'an event bus that was deleted': () => {
    const bus = { Name: outputs.EventBusName };
    const client = new EventBridgeClient(clientConfig(emulator.endpoint));
    return {
      open: () => client.send(new DeleteEventBusCommand(bus)),
      close: () => client.send(new CreateEventBusCommand(bus)),
      says: /Event bus IntercomAllowlist-notifications does not exist/,
    };
  },
  'an overflow queue that was deleted': () => {
    const client = new SQSClient(clientConfig(emulator.endpoint));
    const QueueUrl = outputs.OverflowQueueUrl;
    return {
      open: () => client.send(new DeleteQueueCommand({ QueueUrl })),
      close: () => client.send(new CreateQueueCommand({ QueueName: QueueUrl?.split('/').at(-1) })),
      says: /Overflow queue http\S+ does not exist/,
    };
  },
  'a client secret that was emptied': () => ({
    open: () => secrets().send(new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString: ' ' })),
    close: () => secrets().send(new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString: SECRET })),
    says: /The client secret is empty, so every notification is answered 503/,
  }),
  'a client secret that was deleted': () => ({
    open: () => secrets().send(new DeleteSecretCommand({ SecretId: outputs.ClientSecretArn })),
    close: () => secrets().send(new RestoreSecretCommand({ SecretId: outputs.ClientSecretArn })),
    says: /Secret \S+ does not exist or is scheduled for deletion/,
  }),
};

async function patchApi(path: string, value: string): Promise<void> {
  await apiGateway.send(
    new UpdateRestApiCommand({ restApiId: apiId, patchOperations: [{ op: 'replace', path, value }] }),
  );
}

test('a stack as deployed has no problem, whatever the places that would say so', async () => {
  const { record, log, status, code, run } = await look();
  expect({ record, log, status, code }).toEqual({ record: [], log: [], status: [], code: 0 });
  expect(run.guards.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ['web-acl', 'guarding'],
    ['api-stage', 'guarding'],
    ['receiver', 'guarding'],
  ]);
});

test.each(Object.keys(DOORS))('%s is found by the next run, and nothing is once it is gone', async (name) => {
  const { open, close, says } = (DOORS[name] as () => Door)();
  await open();
  const opened = await look().finally(close);
  expect(opened.status).toEqual([expect.stringMatching(says)]);
  expect(opened).toMatchObject({ record: [expect.any(String)], log: [expect.stringMatching(says)], code: 4 });
  expect(await look()).toMatchObject({ record: [], log: [], status: [], code: 0 });
});

test('a rule for a group is named in the record and in status, but it is no exposure', async () => {
  const { open, close } = rule({ UserIdGroupPairs: [{ GroupId: group }] });
  await open();
  const { run, code } = await look();
  const { stdout } = await runAllowlist(['status'], emulator.environment);
  await close();
  const target = run.targets.find(({ id }) => id === group);
  expect(target).toMatchObject({ exposed: false, exposure: [{ range: group, ports: [443] }] });
  expect(stdout).toMatch(new RegExp(`security group ${group}.*  ${group}  `));
  expect(code).toBe(0);
});

test('an exposure that the owner of the group accepts is shown with the reason, and is no problem', async () => {
  const { open, close } = rule(EVERYONE);
  const Tags = [{ Key: ACCEPT_TAG, Value: 'public API, agreed with security' }];
  await open();
  await ec2.send(new CreateTagsCommand({ Resources: [group], Tags }));
  const { run, status, code } = await look();
  const { stdout } = await runAllowlist(['status'], emulator.environment);
  await ec2.send(new DeleteTagsCommand({ Resources: [group], Tags: [{ Key: ACCEPT_TAG }] }));
  await close();
  expect(run.targets.find(({ id }) => id === group)).toMatchObject({
    exposed: true,
    acceptedExposure: 'public API, agreed with security',
  });
  expect({ status, code }).toEqual({ status: [], code: 0 });
  expect(stdout).toContain('0.0.0.0/0 (accepted: public API, agreed with security)');
});

test('explain says which entry of others allows an address, and what the web ACL does with it', async () => {
  const { open, close } = rule(EVERYONE);
  await open();
  const { stdout } = await runAllowlist(['explain', '8.8.8.8', '--json'], emulator.environment);
  await close();
  const { sentence, webAcls } = JSON.parse(stdout) as Explanation;
  expect(sentence).toMatch(
    /^8\.8\.8\.8 is allowed by 0\.0\.0\.0\/0, which this stack does not manage \(rule sgr-\w+ \(tcp 443\)\), in security group sg-/,
  );
  expect(webAcls).toEqual([
    {
      resource: stageArn,
      passes: false,
      sentence: `Web ACL IntercomAllowlist in front of ${stageArn} blocks it: its default action blocks it`,
    },
  ]);
});

test('explain says by which rule the web ACL allows a published address', async () => {
  const { stdout } = await runAllowlist(['explain', '34.197.76.213'], emulator.environment);
  expect(stdout).toContain('allows it: its rule intercom-ipv4 allows it');
});
