import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeVpcsCommand,
  EC2Client,
  type IpPermission,
  ModifySecurityGroupRulesCommand,
  type Tag,
} from '@aws-sdk/client-ec2';
import { CreateIPSetCommand, GetIPSetCommand, UpdateIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { parseIpSetArn } from '../../lambda/shared/ip-set-arn';
import type { clientConfig } from '../../local/closed-environment';

/** What people do in an AWS account, by clients of their own. */
export class Account {
  readonly #waf: WAFV2Client;
  readonly #ec2: EC2Client;
  readonly #dynamo: DynamoDBClient;

  constructor(config: ReturnType<typeof clientConfig>) {
    this.#waf = new WAFV2Client(config);
    this.#ec2 = new EC2Client(config);
    this.#dynamo = new DynamoDBClient(config);
  }

  /** @returns its ARN */
  async makeIpSet(name: string, addresses: string[], version: 'IPV4' | 'IPV6' = 'IPV4'): Promise<string> {
    const { Summary } = await this.#waf.send(
      new CreateIPSetCommand({
        Name: name,
        Scope: 'REGIONAL',
        IPAddressVersion: version,
        Addresses: addresses,
        Description: `made by hand: ${name}`,
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
    const { Vpcs } = await this.#ec2.send(new DescribeVpcsCommand({}));
    const { GroupId } = await this.#ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: name,
        Description: name,
        VpcId: Vpcs?.[0]?.VpcId,
        ...(tags.length > 0 ? { TagSpecifications: [{ ResourceType: 'security-group', Tags: tags }] } : {}),
      }),
    );
    return GroupId ?? '';
  }

  async allow(groupId: string, permission: IpPermission): Promise<void> {
    await this.#ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: groupId, IpPermissions: [permission] }));
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

  /** Ingress rules, one line each, sorted: `443 34.197.76.213/32 (description) owner=...` */
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
