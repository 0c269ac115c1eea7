import { request } from 'node:http';
import { join } from 'node:path';
import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import {
  ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  type ModifyRuleCommandInput,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetWebACLForResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { notification, post, signatureOf } from '../../bin/allowlist/intercom';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap, cdk, deploy, invokeDeployedSync, invokeUrl, type Outputs } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import { startCheckedEmulator } from './checked-emulator';
import { YESTERDAY } from './days';
import { Account } from './fixtures';
import { PUBLISHED } from './harness';
import {
  type DeployedLoadBalancer,
  type PlayedLoadBalancer,
  playLoadBalancer,
  readLoadBalancer,
} from './load-balancer';

const DOMAIN = 'hooks.example.com';
const ALB = {
  ingress: 'alb',
  domainName: DOMAIN,
  certificateArn: 'arn:aws:acm:us-east-1:000000000000:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
};
const SECRET = 'the-client-secret';
let emulator: Emulator;
let feeds: FeedServer;
let outputs: Outputs;
let account: Account;
let ec2: EC2Client;
const deployed = async (context: Record<string, string> = {}) => {
  outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl, ...context });
};

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  account = new Account(clientConfig(emulator.endpoint));
  ec2 = new EC2Client(clientConfig(emulator.endpoint));
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, YESTERDAY);
  await bootstrap(emulator);
  await deployed(ALB);
});
afterAll(async () => {
  await feeds?.stop();
  await emulator?.stop();
});

/** The addresses that the deployed state allows, whatever the ingress is. */
async function assertNoOpenDoor(): Promise<void> {
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  const open = await Promise.all(
    SecurityGroups.filter(({ GroupName }) => GroupName?.startsWith('IntercomAllowlist')).map(({ GroupId = '' }) =>
      account.rules(GroupId),
    ),
  );
  // What has no CIDR is the one rule by which the endpoint lets the load balancer in.
  const toAddresses = open.flat().filter((rule) => !rule.includes(' undefined '));
  expect(toAddresses.filter((rule) => !PUBLISHED.some((range) => rule.startsWith(`443 ${range} `)))).toEqual([]);
  expect((await account.ipSet(outputs.Ipv4IpSetArn ?? '')).addresses).toEqual(PUBLISHED);
  expect((await account.ipSet(outputs.Ipv6IpSetArn ?? '')).addresses).toEqual([]);
}

async function assertGuardedByWebAcl(ResourceArn: string): Promise<void> {
  const { WebACL } = await new WAFV2Client(clientConfig(emulator.endpoint)).send(
    new GetWebACLForResourceCommand({ ResourceArn }),
  );
  expect(WebACL).toMatchObject({ Name: 'IntercomAllowlist', DefaultAction: { Block: {} } });
}

async function loadBalancer(): Promise<DeployedLoadBalancer> {
  const found = await readLoadBalancer(emulator.endpoint);
  if (!found) throw new Error('There is no load balancer');
  return found;
}

describe('cdk deploy of the ALB ingress', () => {
  it('when cdk deploy of the ALB ingress returns, the security group and the IP sets are populated', async () => {
    const rules = await account.rules(outputs.SecurityGroupId ?? '');
    expect(rules.map((rule) => rule.split(' ').slice(0, 2).join(' '))).toEqual(
      PUBLISHED.map((range) => `443 ${range}`),
    );
    await assertNoOpenDoor();
  });

  it('the web ACL is associated with the load balancer', async () => {
    await assertGuardedByWebAcl((await loadBalancer()).arn);
  });

  it('the addresses of the VPC endpoint are the targets of the load balancer', async () => {
    const { VpcEndpoints: [endpoint] = [] } = await ec2.send(new DescribeVpcEndpointsCommand({}));
    const { NetworkInterfaces = [] } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: endpoint?.NetworkInterfaceIds }),
    );
    const addresses = NetworkInterfaces.map(({ PrivateIpAddress }) => PrivateIpAddress);
    expect(addresses).toHaveLength(2);
    expect([...(await loadBalancer()).targets].sort()).toEqual([...addresses].sort());
  });

  it('the next sync after a deployment has nothing to change', async () => {
    expect((await invokeDeployedSync(emulator, outputs)).answer).toMatchObject({ outcome: 'in-sync' });
  });
});

it('each guard of the ALB ingress as deployed does its job', async () => {
  const { guards } = (await invokeDeployedSync(emulator, outputs)).answer;
  expect(guards.map(({ kind, outcome, problems }) => [kind, outcome, ...problems])).toEqual([
    ['web-acl', 'guarding'],
    ['api-stage', 'guarding'],
    ['load-balancer', 'guarding'],
    ['security-group', 'guarding'],
    ['receiver', 'guarding'],
  ]);
});

it('a listener that no longer forwards requests, or not with the host name of the API, is a problem until it does again', async () => {
  const client = new ElasticLoadBalancingV2Client(clientConfig(emulator.endpoint));
  const [rule] = (await loadBalancer()).rules;
  const problemsAfter = async (change: Omit<ModifyRuleCommandInput, 'RuleArn'>) => {
    await client.send(new ModifyRuleCommand({ RuleArn: rule?.RuleArn, ...change }));
    return (await invokeDeployedSync(emulator, outputs)).answer.guards.flatMap(({ problems }) => problems);
  };
  const answers = { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } } as const;
  expect(await problemsAfter({ Actions: [answers] })).toEqual([
    expect.stringMatching(/^No rule of its HTTPS listener forwards/),
  ]);
  expect(await problemsAfter({ Actions: rule?.Actions, ResetTransforms: true })).toEqual([
    expect.stringMatching(/^No rule of its HTTPS listener rewrites the host name to \w+\.execute-api\./),
  ]);
  expect(await problemsAfter({ Transforms: rule?.Transforms })).toEqual([]);
});

describe('the private path', () => {
  let played: PlayedLoadBalancer;

  beforeAll(async () => {
    played = await playLoadBalancer(emulator.endpoint, await loadBalancer());
    await new SecretsManagerClient(clientConfig(emulator.endpoint)).send(
      new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString: SECRET }),
    );
  });
  afterAll(() => played?.stop());

  /** Calls the load balancer under a host name; `fetch` would set its own. @returns the status of the answer */
  function call(method: string, path: string, body: Buffer | undefined, host = DOMAIN): Promise<number | undefined> {
    const headers = { host, ...(body && { 'x-hub-signature': signatureOf(body, SECRET) }) };
    return new Promise((resolve, reject) => {
      request(`${played.url}${path}`, { method, headers }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode));
      })
        .on('error', reject)
        .end(body);
    });
  }

  it('HEAD reaches the receiver, under the name by which API Gateway knows its API', async () => {
    const { pathname } = new URL(outputs.WebhookUrl ?? '');
    expect(await call('HEAD', pathname, undefined)).toBe(200);
    expect(played.hosts.at(-1)).toMatch(/^\w+\.execute-api\.us-east-1\.amazonaws\.com$/);
  });

  const { type, topic } = JSON.parse(notification('notif_0'));
  const notified = (text: string) => Buffer.from(JSON.stringify({ type, topic, id: 'notif_1', text }));
  it.each([
    ['a notification', Buffer.from(notification('notif_2'))],
    ['line ends and spaces', Buffer.from(`\r\n ${notification('notif_3')}\t\n\n`)],
    ['letters of four bytes', notified('Grüße, 日本, 🦊')],
    ['what JSON may escape', notified('</script>\u2028\u0000"\\')],
    ['900 KB', notified('x'.repeat(900_000))],
  ])('%s: the signed bytes are the bytes at the handler', async (_name, body) => {
    // One byte changed on the way would be 401.
    expect(await call('POST', '/live/webhook', body)).toBe(200);
  });

  it.each([
    ['another host', 'POST', '/live/webhook', 'other.example.com'],
    ['the name of the load balancer', 'POST', '/live/webhook', 'lb.us-east-1.elb.amazonaws.com'],
    ['another path', 'POST', '/live/other', DOMAIN],
    ['another stage', 'POST', '/webhook', DOMAIN],
    ['another method', 'GET', '/live/webhook', DOMAIN],
  ])('%s -> 404, and nothing goes further', async (_name, method, path, host) => {
    const before = played.hosts.length;
    expect(await call(method, path, undefined, host)).toBe(404);
    expect(played.hosts).toHaveLength(before);
  });
});

describe('switching', () => {
  it('switching to the API Gateway ingress deletes the load balancer and its group, and the allowlist stays populated', async () => {
    const group = outputs.SecurityGroupId ?? '';
    await deployed();
    expect(await readLoadBalancer(emulator.endpoint)).toBeUndefined();
    await expect(ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group] }))).rejects.toThrow(
      expect.objectContaining({ name: 'InvalidGroup.NotFound' }),
    );
    expect(outputs).not.toHaveProperty('SecurityGroupId');
    await assertNoOpenDoor();
    const [apiId] = new URL(outputs.WebhookUrl ?? '').hostname.split('.');
    await assertGuardedByWebAcl(`arn:aws:apigateway:us-east-1::/restapis/${apiId}/stages/live`);
    expect(await post(invokeUrl(emulator, outputs), notification('notif_4'), 'forged')).toBe(401);
  });

  it('switching back, into an existing VPC, populates the prefix lists that the new group references in the same deployment', async () => {
    await deployed({ ...ALB, ...(await makeVpc()), prefixLists: 'create-and-reference' });
    const { Ipv4PrefixListId = '', Ipv6PrefixListId = '' } = outputs;
    expect((await account.prefixListEntries(Ipv4PrefixListId)).map((line) => line.split(' ')[0])).toEqual(PUBLISHED);
    expect(await account.prefixListEntries(Ipv6PrefixListId)).toEqual([]);
    expect(await referredBy(outputs.SecurityGroupId ?? '')).toEqual([Ipv4PrefixListId, Ipv6PrefixListId].sort());
    await assertNoOpenDoor();
    await assertGuardedByWebAcl((await loadBalancer()).arn);
    expect((await loadBalancer()).targets).toHaveLength(2);
  });

  it('cdk destroy deletes everything of the ALB ingress', async () => {
    const { Ipv4PrefixListId = '' } = outputs;
    await cdk(emulator, ['destroy', '--force', '-c', `feedBaseUrl=${feeds.baseUrl}`]);
    await expect(account.prefixListEntries(Ipv4PrefixListId)).rejects.toThrow();
    expect(await readLoadBalancer(emulator.endpoint)).toBeUndefined();
    const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
    expect(SecurityGroups.filter(({ GroupName }) => GroupName?.startsWith('IntercomAllowlist'))).toEqual([]);
  });
});

/** The prefix lists that rules of a group refer to. */
async function referredBy(groupId: string): Promise<string[]> {
  const { SecurityGroups: [group] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [groupId] }));
  const permissions = group?.IpPermissions ?? [];
  return permissions.flatMap(({ PrefixListIds = [] }) => PrefixListIds.map((list) => list.PrefixListId ?? '')).sort();
}

/** A VPC as somebody may have it: two public subnets and a private one. */
async function makeVpc(): Promise<{ vpcId: string }> {
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16' }));
  const VpcId = Vpc?.VpcId ?? '';
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const GatewayId = InternetGateway?.InternetGatewayId;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId, InternetGatewayId: GatewayId }));
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId }));
  const RouteTableId = RouteTable?.RouteTableId;
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId }));
  const subnet = async (third: number, AvailabilityZone: string) => {
    const { Subnet } = await ec2.send(
      new CreateSubnetCommand({ VpcId, AvailabilityZone, CidrBlock: `10.1.${third}.0/24` }),
    );
    return Subnet?.SubnetId;
  };
  await subnet(0, 'us-east-1a');
  for (const SubnetId of [await subnet(1, 'us-east-1b'), await subnet(2, 'us-east-1c')]) {
    await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
  }
  return { vpcId: VpcId };
}
