import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type IpPermission,
  paginateDescribeSecurityGroupRules,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import { OWNER_TAG } from '../../shared/names';
import type { Changes, CurrentEntry, DesiredEntry, Port } from '../plan/plan';
import { formatRange, parseRange } from '../ranges/range';
import type { OwnedRange } from '../state/store';
import { codeOf, explain } from './explain';
import { CallCounter, ConflictError, type Snapshot, type Target } from './target';

interface RuleEntry extends CurrentEntry {
  readonly ruleId: string;
}

type RuleSnapshot = Snapshot<RuleEntry>;

/** Codes that say: the group is not as it was read. */
const CONFLICTS = ['InvalidPermission.Duplicate', 'InvalidPermission.NotFound', 'InvalidSecurityGroupRuleId.NotFound'];

/** A security group. A rule of ours carries our owner tag; a rule without it is somebody else's and is never touched. */
export class SecurityGroupTarget implements Target<RuleSnapshot> {
  readonly kind = 'security-group';
  readonly own = false;
  readonly #calls = new CallCounter();

  constructor(
    private readonly client: EC2Client,
    readonly id: string,
    readonly ports: readonly number[],
    /** The stack's name, the value of the owner tag. */
    private readonly owner: string,
  ) {}

  get apiCalls(): number {
    return this.#calls.calls;
  }

  async read(owned: readonly OwnedRange[]): Promise<RuleSnapshot> {
    const regions = new Map(owned.map((entry) => [formatRange(entry.range), entry.regions]));
    const rules: SecurityGroupRule[] = [];
    try {
      const filter = { Filters: [{ Name: 'group-id', Values: [this.id] }] };
      for await (const page of paginateDescribeSecurityGroupRules({ client: this.client }, filter)) {
        this.#calls.calls += page.$metadata.attempts ?? 1;
        rules.push(...(page.SecurityGroupRules ?? []));
      }
      if (rules.length === 0) await this.#assertExists();
    } catch (error) {
      throw explain(`read security group ${this.id}`, error);
    }
    return {
      entries: rules.filter((rule) => !rule.IsEgress).flatMap((rule) => this.#toEntries(rule, regions)),
      families: [4, 6],
    };
  }

  /** One call to authorize all, then one to revoke all. */
  async apply(
    _snapshot: RuleSnapshot,
    { add, remove }: Changes<RuleEntry>,
    describe: (entry: DesiredEntry) => string,
  ): Promise<void> {
    if (add.length > 0) {
      const command = new AuthorizeSecurityGroupIngressCommand({
        GroupId: this.id,
        IpPermissions: add.map((entry) => toPermission(entry, describe(entry))),
        TagSpecifications: [{ ResourceType: 'security-group-rule', Tags: [{ Key: OWNER_TAG, Value: this.owner }] }],
      });
      await this.#change(this.client.send(command), `add ${add.length} rules to`);
    }
    if (remove.length > 0) {
      const SecurityGroupRuleIds = [...new Set(remove.map((entry) => entry.ruleId))];
      const command = new RevokeSecurityGroupIngressCommand({ GroupId: this.id, SecurityGroupRuleIds });
      const meaning = 'What was published is in it; what was withdrawn is still let in';
      await this.#change(this.client.send(command), `remove ${SecurityGroupRuleIds.length} rules from`, meaning);
    }
  }

  async #change(call: Promise<{ $metadata: { attempts?: number } }>, doing: string, meaning?: string): Promise<void> {
    await this.#calls.count(call).catch((error) => {
      if (CONFLICTS.includes(codeOf(error))) throw new ConflictError(this.id, { cause: error });
      throw explain(`${doing} security group ${this.id}`, error, meaning);
    });
  }

  /** A group without any rule and a group that does not exist look the same to DescribeSecurityGroupRules. */
  async #assertExists(): Promise<void> {
    await this.#calls.count(this.client.send(new DescribeSecurityGroupsCommand({ GroupIds: [this.id] })));
  }

  /**
   * A rule of ours is one entry at its port, or at none if somebody widened it: then it goes. A rule of others is an entry
   * at each of our ports that it opens. Rules that refer to a prefix list or a group allow no range that could be compared.
   */
  #toEntries(rule: SecurityGroupRule, remembered: ReadonlyMap<string, OwnedRange['regions']>): RuleEntry[] {
    const cidr = rule.CidrIpv4 ?? rule.CidrIpv6;
    if (cidr === undefined || rule.SecurityGroupRuleId === undefined) return [];
    const range = parseRange(cidr);
    const ours = rule.Tags?.some((tag) => tag.Key === OWNER_TAG && tag.Value === this.owner) ?? false;
    const regions = ours ? remembered.get(formatRange(range)) : undefined;
    const ports = ours ? [singlePort(rule)] : this.ports.filter((port) => opens(rule, port));
    return ports.map((port) => ({ range, port, ours, regions, ruleId: rule.SecurityGroupRuleId as string }));
  }
}

function toPermission({ range, port }: DesiredEntry, Description: string): IpPermission {
  const cidr = formatRange(range);
  const source =
    range.family === 4
      ? { IpRanges: [{ CidrIp: cidr, Description }] }
      : { Ipv6Ranges: [{ CidrIpv6: cidr, Description }] };
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, ...source };
}

function singlePort({ IpProtocol, FromPort, ToPort }: SecurityGroupRule): Port {
  return IpProtocol === 'tcp' && FromPort === ToPort ? FromPort : undefined;
}

function opens(rule: SecurityGroupRule, port: number): boolean {
  if (rule.IpProtocol === '-1') return true;
  return rule.IpProtocol === 'tcp' && (rule.FromPort ?? 0) <= port && port <= (rule.ToPort ?? -1);
}
