/**
 * The baseline: the calls that every sync needs, with the plain SDK, for one target. It trusts the feed, the target and the state,
 * compares ranges as text, applies no rules, and reports nothing.
 */
import { APIGatewayClient, GetRestApiCommand, GetStagesCommand } from '@aws-sdk/client-api-gateway';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  EC2Client,
  type ManagedPrefixList,
  ModifyManagedPrefixListCommand,
  paginateGetManagedPrefixListEntries,
} from '@aws-sdk/client-ec2';
import { DescribeEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetResourcesCommand, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetIPSetCommand, GetWebACLForResourceCommand, UpdateIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { DynamoDBDocumentClient, PutCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

const { FEED_BASE_URL = '', STATE_TABLE: TableName = '', TARGETS = '[]', GUARDS = '[]' } = process.env;
/** A tagged security group is not named. */
const [named]: { kind: string; ids: string[] }[] = JSON.parse(TARGETS);

const waf = new WAFV2Client({});
const ec2 = new EC2Client({});
const tagging = new ResourceGroupsTaggingAPIClient({});
const state = DynamoDBDocumentClient.from(new DynamoDBClient({}));

/** The current entries of a target, and a function that adds entries. */
interface Baseline {
  readonly current: readonly string[];
  add(ranges: readonly string[]): Promise<unknown>;
}

export async function handler(): Promise<void> {
  const guards = readGuards();
  const { Items = [] } = await state.send(new ScanCommand({ TableName, ConsistentRead: true }));
  const recorded = Items.find(({ kind }) => kind === 'feed');
  const [feed, groups, lists] = await Promise.all([
    fetch(`${FEED_BASE_URL}/us/intercom-ip-ranges.json`, {
      headers: recorded?.etag ? { 'if-none-match': recorded.etag } : {},
    }),
    ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name: 'tag-key', Values: ['intercom-allowlist'] }] })),
    ec2.send(new DescribeManagedPrefixListsCommand({})),
    tagging.send(
      new GetResourcesCommand({ ResourceTypeFilters: ['wafv2'], TagFilters: [{ Key: 'intercom-allowlist' }] }),
    ),
  ]);
  await guards;
  const published: string[] = feed.status === 304 ? recorded?.ranges.split(',') : rangesIn(await feed.text());
  const target = await targetOf(groups.SecurityGroups?.[0]?.GroupId, lists.PrefixLists);
  const there = new Set(target.current);
  const missing = published.filter((range) => !there.has(range));
  if (missing.length === 0) return;
  await state.send(lease('baseline'));
  await state.send(
    new PutCommand({ TableName, Item: { kind: 'target', id: 'baseline', ranges: [...there, ...missing].join() } }),
  );
  await target.add(missing);
  const etag = feed.headers.get('etag');
  await state.send(new PutCommand({ TableName, Item: { kind: 'feed', id: 'us', etag, ranges: published.join() } }));
  await state.send(lease(''));
}

/** The six calls that tell whether the default ingress guards, in parallel, without a look at the answers. */
async function readGuards(): Promise<void> {
  const [acl, stage, receiver] = JSON.parse(GUARDS);
  if (!acl) return;
  const [restApiId] = stage.id.split('/');
  const apiGateway = new APIGatewayClient({});
  await Promise.all([
    waf.send(new GetWebACLForResourceCommand({ ResourceArn: acl.protects[0] })),
    apiGateway.send(new GetRestApiCommand({ restApiId })),
    apiGateway.send(new GetStagesCommand({ restApiId })),
    new EventBridgeClient({}).send(new DescribeEventBusCommand({ Name: receiver.id })),
    new SecretsManagerClient({}).send(new GetSecretValueCommand({ SecretId: receiver.secret })),
    new SQSClient({}).send(new GetQueueAttributesCommand({ QueueUrl: receiver.queue, AttributeNames: ['QueueArn'] })),
  ]);
}

function lease(holder: string): UpdateCommand {
  return new UpdateCommand({
    TableName,
    Key: { kind: 'lease', id: 'sync' },
    UpdateExpression: 'SET holder = :holder',
    ExpressionAttributeValues: { ':holder': holder },
  });
}

function rangesIn(text: string): string[] {
  return JSON.parse(text).ip_ranges.map(({ range }: { range: string }) => range);
}

function targetOf(groupId: string | undefined, lists: Parameters<typeof prefixListBaseline>[0]): Promise<Baseline> {
  if (named?.kind === 'ip-set') return ipSetBaseline(named.ids[0] ?? '');
  return named ? prefixListBaseline(lists) : securityGroupBaseline(groupId);
}

async function ipSetBaseline(arn: string): Promise<Baseline> {
  const [Name = '', Id = ''] = arn.split('/').slice(-2);
  const name = { Name, Id, Scope: 'REGIONAL' } as const;
  const { IPSet, LockToken } = await waf.send(new GetIPSetCommand(name));
  const current = IPSet?.Addresses ?? [];
  const Description = IPSet?.Description;
  const add = (ranges: readonly string[]) =>
    waf.send(new UpdateIPSetCommand({ ...name, Addresses: [...current, ...ranges], LockToken, Description }));
  return { current, add };
}

async function securityGroupBaseline(GroupId: string | undefined): Promise<Baseline> {
  const Filters = [{ Name: 'group-id', Values: [GroupId ?? ''] }];
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }));
  const current = SecurityGroupRules.flatMap(({ IsEgress, CidrIpv4 }) => (IsEgress || !CidrIpv4 ? [] : [CidrIpv4]));
  const toPermission = (CidrIp: string) => ({
    IpProtocol: 'tcp',
    FromPort: 443,
    ToPort: 443,
    IpRanges: [{ CidrIp, Description: 'Intercom US webhooks' }],
  });
  const add = (ranges: readonly string[]) =>
    ec2.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId,
        IpPermissions: ranges.map(toPermission),
        TagSpecifications: [
          { ResourceType: 'security-group-rule', Tags: [{ Key: 'intercom-allowlist:owner', Value: 'Bench' }] },
        ],
      }),
    );
  return { current, add };
}

async function prefixListBaseline(lists: ManagedPrefixList[] = []): Promise<Baseline> {
  const PrefixListId = named?.ids[0];
  const { Version = 1 } = lists.find((one) => one.PrefixListId === PrefixListId) ?? {};
  const current: string[] = [];
  for await (const page of paginateGetManagedPrefixListEntries(
    { client: ec2 },
    { PrefixListId, TargetVersion: Version },
  )) {
    current.push(...(page.Entries ?? []).flatMap(({ Cidr }) => Cidr ?? []));
  }
  const add = async (ranges: readonly string[]) => {
    for (let at = 0; at < ranges.length; at += 100) {
      const AddEntries = ranges.slice(at, at + 100).map((Cidr) => ({ Cidr, Description: 'Intercom US webhooks' }));
      const CurrentVersion = Version + at / 100;
      await ec2.send(new ModifyManagedPrefixListCommand({ PrefixListId, CurrentVersion, AddEntries }));
      await ec2.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [PrefixListId ?? ''] }));
    }
  };
  return { current, add };
}
