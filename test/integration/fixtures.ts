import {
  type AttributeValue,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateManagedPrefixListCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeManagedPrefixListsCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
  type IpPermission,
  ModifyManagedPrefixListCommand,
  type ModifyManagedPrefixListRequest,
  ModifySecurityGroupRulesCommand,
  RevokeSecurityGroupIngressCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import {
  CreateIPSetCommand,
  type CreateIPSetRequest,
  GetIPSetCommand,
  UpdateIPSetCommand,
  WAFV2Client,
} from '@aws-sdk/client-wafv2';
import type { clientConfig } from '../../dev/closed-environment';
import { parseIpSetArn } from '../../lambda/shared/ip-set-arn';

const NONE: AttributeValue = { S: '' };

/** What operators do in an AWS account, with their own clients. */
export class Account {
  readonly #waf: WAFV2Client;
  readonly #ec2: EC2Client;
  readonly #dynamo: DynamoDBClient;
  #vpcId: string | undefined;

  constructor(config: ReturnType<typeof clientConfig>) {
    this.#waf = new WAFV2Client(config);
    this.#ec2 = new EC2Client(config);
    this.#dynamo = new DynamoDBClient(config);
  }

  /** @returns its ARN */
  async makeIpSet(
    name: string,
    addresses: string[],
    version: 'IPV4' | 'IPV6' = 'IPV4',
    more: Partial<Pick<CreateIPSetRequest, 'Scope' | 'Tags'>> = {},
  ): Promise<string> {
    const { Summary } = await this.#waf.send(
      new CreateIPSetCommand({
        Name: name,
        Scope: 'REGIONAL',
        IPAddressVersion: version,
        Addresses: addresses,
        Description: `made by hand: ${name}`,
        ...more,
      }),
    );
    return Summary?.ARN ?? '';
  }

  async ipSet(arn: string) {
    const { IPSet, LockToken: lockToken } = await this.#waf.send(new GetIPSetCommand(parseIpSetArn(arn)));
    return { addresses: [...(IPSet?.Addresses ?? [])].sort(), description: IPSet?.Description, lockToken };
  }

  async setAddresses(arn: string, addresses: string[]): Promise<void> {
    const { IPSet, LockToken } = await this.#waf.send(new GetIPSetCommand(parseIpSetArn(arn)));
    const update = { ...parseIpSetArn(arn), Addresses: addresses, LockToken, Description: IPSet?.Description };
    await this.#waf.send(new UpdateIPSetCommand(update));
  }

  /** @returns its id */
  async makeGroup(name: string, tags: Tag[] = []): Promise<string> {
    this.#vpcId ??= (await this.#ec2.send(new DescribeVpcsCommand({}))).Vpcs?.[0]?.VpcId;
    const { GroupId } = await this.#ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: name,
        VpcId: this.#vpcId,
        ...(tags.length > 0 ? { TagSpecifications: [{ ResourceType: 'security-group', Tags: tags }] } : {}),
      }),
    );
    return GroupId ?? '';
  }

  async deleteGroup(GroupId: string): Promise<void> {
    await this.#ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  }

  async allow(groupId: string, permission: IpPermission): Promise<void> {
    await this.#ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [permission] }));
  }

  /** @returns its id */
  async makePrefixList(
    name: string,
    MaxEntries: number,
    AddressFamily: 'IPv4' | 'IPv6' = 'IPv4',
    { entries = [], tags = [] }: { entries?: readonly string[]; tags?: Tag[] } = {},
  ): Promise<string> {
    const { PrefixList } = await this.#ec2.send(
      new CreateManagedPrefixListCommand({
        PrefixListName: name,
        MaxEntries,
        AddressFamily,
        Entries: entries.map((Cidr) => ({ Cidr, Description: 'by hand' })),
        ...(tags.length > 0 ? { TagSpecifications: [{ ResourceType: 'prefix-list', Tags: tags }] } : {}),
      }),
    );
    return PrefixList?.PrefixListId ?? '';
  }

  /** The entries of a prefix list, one line each, sorted: `34.197.76.213/32 (description)` */
  async prefixListEntries(id: string): Promise<string[]> {
    const { Entries = [] } = await this.#ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId: id }));
    return Entries.map(({ Cidr, Description }) => `${Cidr} (${Description})`).sort();
  }

  async addToPrefixList(id: string, cidr: string): Promise<void> {
    await this.#modifyPrefixList(id, { AddEntries: [{ Cidr: cidr, Description: 'by hand' }] });
  }

  async takeFromPrefixList(id: string, ...cidrs: readonly string[]): Promise<void> {
    if (cidrs.length > 0) await this.#modifyPrefixList(id, { RemoveEntries: cidrs.map((Cidr) => ({ Cidr })) });
  }

  async #modifyPrefixList(id: string, change: Pick<ModifyManagedPrefixListRequest, 'AddEntries' | 'RemoveEntries'>) {
    const { PrefixLists: [list] = [] } = await this.#ec2.send(
      new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }),
    );
    const version = { PrefixListId: id, CurrentVersion: list?.Version };
    await this.#ec2.send(new ModifyManagedPrefixListCommand({ ...version, ...change }));
  }

  /** The id of the rule for a CIDR. */
  async ruleId(groupId: string, cidr: string): Promise<string> {
    const { SecurityGroupRules = [] } = await this.#ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    return SecurityGroupRules.find((rule) => rule.CidrIpv4 === cidr)?.SecurityGroupRuleId ?? '';
  }

  /** Revokes every rule for a CIDR, whoever added it. */
  async revoke(groupId: string, cidr: string): Promise<void> {
    const { SecurityGroupRules = [] } = await this.#ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    const ids = SecurityGroupRules.flatMap((rule) => (rule.CidrIpv4 === cidr ? (rule.SecurityGroupRuleId ?? []) : []));
    if (ids.length > 0) {
      await this.#ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: groupId, SecurityGroupRuleIds: ids }));
    }
  }

  /** The items of the state table, as stored. */
  async state(table: string): Promise<Record<string, AttributeValue>[]> {
    const { Items = [] } = await this.#dynamo.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
    return Items;
  }

  /** Makes the table hold these items and nothing else. */
  async setState(table: string, items: readonly Record<string, AttributeValue>[]): Promise<void> {
    const old = await this.state(table);
    const deletions = old.map(({ kind = NONE, id = NONE }) => ({ DeleteRequest: { Key: { kind, id } } }));
    const additions = items.map((Item) => ({ PutRequest: { Item } }));
    for (const batch of [deletions, additions].filter(({ length }) => length > 0)) {
      await this.#dynamo.send(new BatchWriteItemCommand({ RequestItems: { [table]: batch } }));
    }
  }

  /** Changes the ports of one rule in place, tags and all. */
  async widenRule(groupId: string, cidr: string, from: number, to: number): Promise<void> {
    const { SecurityGroupRules = [] } = await this.#ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    const rule = SecurityGroupRules.find(({ CidrIpv4 }) => CidrIpv4 === cidr);
    const SecurityGroupRule = { IpProtocol: 'tcp', FromPort: from, ToPort: to, CidrIpv4: cidr };
    await this.#ec2.send(
      new ModifySecurityGroupRulesCommand({
        GroupId: groupId,
        SecurityGroupRules: [{ SecurityGroupRuleId: rule?.SecurityGroupRuleId, SecurityGroupRule }],
      }),
    );
  }

  /** The ingress rules, one line each, sorted: `443 34.197.76.213/32 (description) owner=...` */
  async rules(groupId: string): Promise<string[]> {
    const { SecurityGroupRules = [] } = await this.#ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [groupId] }] }),
    );
    return SecurityGroupRules.filter((rule) => !rule.IsEgress)
      .map(({ FromPort, ToPort, CidrIpv4, CidrIpv6, Description, Tags }) => {
        const ports = FromPort === ToPort ? `${FromPort}` : `${FromPort}-${ToPort}`;
        const owner = Tags?.find((tag) => tag.Key === 'intercom-allowlist:owner')?.Value;
        return `${ports} ${CidrIpv4 ?? CidrIpv6} (${Description ?? ''})${owner ? ` owner=${owner}` : ''}`;
      })
      .sort();
  }

  async makeStateTable(name: string): Promise<void> {
    await this.#dynamo.send(
      new CreateTableCommand({
        TableName: name,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'kind', KeyType: 'HASH' },
          { AttributeName: 'id', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'kind', AttributeType: 'S' },
          { AttributeName: 'id', AttributeType: 'S' },
        ],
      }),
    );
  }
}

/** A rule for one CIDR at one port. */
export function permission(port: number, cidr: string, description: string): IpPermission {
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: cidr, Description: description }] };
}
