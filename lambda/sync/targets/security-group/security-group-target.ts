import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
  type IpPermission,
  type ManagedPrefixList,
  paginateDescribeManagedPrefixLists,
  paginateDescribeSecurityGroupRules,
  paginateGetManagedPrefixListEntries,
  RevokeSecurityGroupIngressCommand,
  type SecurityGroupRule,
} from '@aws-sdk/client-ec2';
import type { Reference } from '../../../core/exposure/exposure';
import type { DesiredEntry, OwnershipRecord, Port } from '../../../core/plan/entries';
import type { Capacity, WriteSequence } from '../../../core/plan/sequence';
import type { WriteProgress } from '../../../core/plan/written';
import { FAMILIES, type Family, formatRange, parseRange, type Range } from '../../../core/ranges/range';
import { OWNER_TAG } from '../../../shared/constants';
import { codeOf, STILL_ALLOWED, targetErrorOf } from '../aws-errors';
import { CallCounter, ConflictError, type Snapshot, type Target } from '../target';
import { RuleChanges, type RuleEntry } from './rule-changes';
import { opens, ruleLabel, sourceOf } from './rules';

type RuleSnapshot = Snapshot<RuleEntry>;

/**
 * docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html: 60 by default, for inbound IPv4 and IPv6 rules each. A
 * reference to a prefix list counts as the list's MaxEntries.
 */
const QUOTA =
  'rules per security group and address family, references to prefix lists by their MaxEntries; raise it in Service Quotas ' +
  'and set rulesPerSecurityGroup';

const DUPLICATE = ['InvalidPermission.Duplicate'];
const MISSING = ['InvalidPermission.NotFound', 'InvalidSecurityGroupRuleId.NotFound'];

/** Error codes for a group that changed since it was read. */
const CONFLICTS = [...DUPLICATE, ...MISSING, 'ConcurrentMutationLimitExceeded'];

export interface SecurityGroupOptions {
  readonly id: string;
  readonly ports: readonly number[];
  /** Whether the stack created the group. */
  readonly exclusive: boolean;
  /** The value of the owner tag: the stack's name. */
  readonly owner: string;
  /** The quota of rules per security group. */
  readonly maxRules: number;
  /** Whether discovery found the group in this run. */
  readonly exists: boolean;
  /** Why an exposure is accepted, as the tag on the group says. */
  readonly acceptedExposure?: string | undefined;
  /** The entries of the prefix lists that rules refer to, by id. All groups of a run share it, so that each list is read once. */
  readonly listEntries: Map<string, Promise<readonly Range[] | undefined>>;
}

type Lists = ReadonlyMap<string, ManagedPrefixList>;

/** A security group. Managed rules carry the owner tag; the sync never touches a rule without it. */
export class SecurityGroupTarget implements Target<RuleSnapshot> {
  readonly kind = 'security-group';
  /** Even in a group that the stack created, only rules with the owner tag are managed. */
  readonly exclusive = false;
  readonly hasExtraRanges: boolean;
  readonly id: string;
  readonly ports: readonly number[];
  readonly #calls = new CallCounter();
  readonly #changes = new RuleChanges();
  /** Whether a change of this run met a rule that differs from what was read. */
  #hadConflict = false;

  constructor(
    private readonly client: EC2Client,
    private readonly options: SecurityGroupOptions,
  ) {
    this.id = options.id;
    this.ports = options.ports;
    this.hasExtraRanges = options.exclusive;
  }

  get apiCalls(): number {
    return this.#calls.calls;
  }

  get throttled(): number {
    return this.#calls.throttled;
  }

  async read(owned: readonly OwnershipRecord[]): Promise<RuleSnapshot> {
    const recorded = new Map(owned.map((entry) => [formatRange(entry.range), entry]));
    try {
      const rules = await this.#ingressRules();
      const lists = await this.#prefixLists(rules.flatMap((rule) => rule.PrefixListId ?? []));
      return {
        entries: this.#changes.mergeInto(
          rules.flatMap((rule) => this.#toEntries(rule, recorded)),
          recorded,
        ),
        families: FAMILIES,
        capacity: { limit: this.options.maxRules, used: usedBy(rules, lists), name: QUOTA },
        references: await this.#references(rules, lists),
        acceptedExposure: this.options.acceptedExposure,
      };
    } catch (error) {
      throw targetErrorOf(`read security group ${this.id}`, error);
    }
  }

  /**
   * Makes one call for all additions of a step, and one for all removals. If a rule turns out to differ from what was read, the group
   * is read again; if that did not explain it, each rule gets its own call, because only then the answer says which rule it is about.
   */
  async apply(
    _snapshot: RuleSnapshot,
    { steps }: WriteSequence<RuleEntry>,
    describe: (entry: DesiredEntry) => string,
    progress: WriteProgress<RuleEntry>,
  ): Promise<void> {
    const inCalls = this.#hadConflict ? oneByOne : allAtOnce;
    let madeBefore = 0;
    for (const { add, remove } of steps) {
      for (const some of inCalls(add)) {
        progress.sends({ add: some, remove: [] });
        const existing = await this.#authorize(some, describe);
        if (existing === 0) progress.confirms();
        madeBefore += existing;
      }
      // A managed rule is one entry.
      for (const some of inCalls(remove)) {
        progress.sends({ add: [], remove: some });
        madeBefore += await this.#revoke(some.map(({ ruleId }) => ruleId));
        progress.confirms();
      }
    }
    // The plan is outdated, and so is what would be reported.
    if (madeBefore > 0)
      throw new ConflictError(this.id, { cause: new Error(`${madeBefore} changes were made before`) });
  }

  /** @returns how many of the rules exist already */
  async #authorize(add: readonly DesiredEntry[], describe: (entry: DesiredEntry) => string): Promise<number> {
    const command = new AuthorizeSecurityGroupIngressCommand({
      GroupId: this.id,
      IpPermissions: add.map((entry) => toPermission(entry, describe(entry))),
      TagSpecifications: [
        { ResourceType: 'security-group-rule', Tags: [{ Key: OWNER_TAG, Value: this.options.owner }] },
      ],
    });
    const answer = await this.#change(this.client.send(command), DUPLICATE, `add ${add.length} rules to`);
    for (const entry of add) {
      const ruleId = answer?.SecurityGroupRules?.find((rule) => isRuleOf(rule, entry))?.SecurityGroupRuleId;
      if (!answer) this.#changes.exists(entry);
      else if (ruleId) this.#changes.added(entry, ruleId);
    }
    return answer ? 0 : add.length;
  }

  /** @returns how many of the rules are gone already */
  async #revoke(ruleIds: string[]): Promise<number> {
    const command = new RevokeSecurityGroupIngressCommand({ GroupId: this.id, SecurityGroupRuleIds: ruleIds });
    const doing = `remove ${ruleIds.length} rules from`;
    const answer = await this.#change(this.client.send(command), MISSING, doing, STILL_ALLOWED);
    for (const ruleId of ruleIds) this.#changes.removed(ruleId);
    return answer ? 0 : ruleIds.length;
  }

  /**
   * @param done codes of a change that was made before
   * @returns the answer, or undefined if the change was made before, which only a call for a single rule can tell
   * @throws ConflictError @throws TargetError
   */
  async #change<T extends { $metadata: { attempts?: number } }>(
    call: Promise<T>,
    done: readonly string[],
    doing: string,
    meaning?: string,
  ): Promise<T | undefined> {
    try {
      return await this.#calls.count(call);
    } catch (error) {
      const code = codeOf(error);
      if (this.#hadConflict && done.includes(code)) return undefined;
      if (!CONFLICTS.includes(code)) throw targetErrorOf(`${doing} security group ${this.id}`, error, meaning);
      this.#hadConflict = true;
      throw new ConflictError(this.id, { cause: error });
    }
  }

  async #ingressRules(): Promise<SecurityGroupRule[]> {
    const rules: SecurityGroupRule[] = [];
    const filter = { Filters: [{ Name: 'group-id', Values: [this.id] }] };
    for await (const page of paginateDescribeSecurityGroupRules({ client: this.client }, filter)) {
      this.#calls.add(page.$metadata);
      rules.push(...(page.SecurityGroupRules ?? []));
    }
    if (rules.length === 0 && !this.options.exists) await this.#assertExists();
    return rules.filter((rule) => !rule.IsEgress);
  }

  /** By a filter: asked by id, EC2 returns nothing if a single list does not exist or is no longer shared. */
  async #prefixLists(ids: readonly string[]): Promise<Lists> {
    const lists = new Map<string, ManagedPrefixList>();
    if (ids.length === 0) return lists;
    const filter = { Filters: [{ Name: 'prefix-list-id', Values: [...new Set(ids)] }] };
    for await (const page of paginateDescribeManagedPrefixLists({ client: this.client }, filter)) {
      this.#calls.add(page.$metadata);
      for (const list of page.PrefixLists ?? []) lists.set(list.PrefixListId ?? '', list);
    }
    return lists;
  }

  /** The rules of others that open a port to a prefix list or a group. */
  async #references(rules: readonly SecurityGroupRule[], lists: Lists): Promise<Reference[]> {
    const referring = rules
      .filter(({ CidrIpv4, CidrIpv6 }) => CidrIpv4 === undefined && CidrIpv6 === undefined)
      .map((rule) => ({ rule, ports: this.ports.filter((port) => opens(rule, port)) }))
      .filter(({ ports }) => ports.length > 0);
    return Promise.all(
      referring.map(async ({ rule, ports }) => {
        const id = sourceOf(rule);
        const list = lists.get(id);
        const isOfAws = list?.OwnerId === 'AWS';
        const ranges = rule.PrefixListId === undefined || isOfAws ? undefined : await this.#entriesOf(id);
        return { id, name: isOfAws ? list.PrefixListName : undefined, ranges, ports, label: ruleLabel(rule) };
      }),
    );
  }

  /** @returns undefined where they cannot be read, such as those of a list that another account no longer shares */
  #entriesOf(PrefixListId: string): Promise<readonly Range[] | undefined> {
    const { listEntries } = this.options;
    const known = listEntries.get(PrefixListId) ?? this.#readEntries(PrefixListId).catch(() => undefined);
    listEntries.set(PrefixListId, known);
    return known;
  }

  async #readEntries(PrefixListId: string): Promise<Range[]> {
    const ranges: Range[] = [];
    for await (const page of paginateGetManagedPrefixListEntries({ client: this.client }, { PrefixListId })) {
      this.#calls.add(page.$metadata);
      ranges.push(...(page.Entries ?? []).map(({ Cidr = '' }) => parseRange(Cidr)));
    }
    return ranges;
  }

  /** DescribeSecurityGroupRules answers the same for a group without rules and for one that does not exist. */
  async #assertExists(): Promise<void> {
    await this.#calls.count(this.client.send(new DescribeSecurityGroupsCommand({ GroupIds: [this.id] })));
  }

  /**
   * A managed rule is one entry at its port, or at none if somebody widened it: such a rule is removed. Any other rule is an
   * entry at each of the target's ports that it opens.
   */
  #toEntries(rule: SecurityGroupRule, recorded: ReadonlyMap<string, OwnershipRecord>): RuleEntry[] {
    const cidr = rule.CidrIpv4 ?? rule.CidrIpv6;
    if (cidr === undefined || rule.SecurityGroupRuleId === undefined) return [];
    const range = parseRange(cidr);
    const managed = rule.Tags?.some((tag) => tag.Key === OWNER_TAG && tag.Value === this.options.owner) ?? false;
    const ownership = managed ? recorded.get(formatRange(range)) : undefined;
    const ports = managed ? [singlePort(rule)] : this.ports.filter((port) => opens(rule, port));
    const label = ruleLabel(rule);
    return ports.map((port) => ({
      range,
      port,
      managed,
      ownership,
      label,
      ruleId: rule.SecurityGroupRuleId as string,
    }));
  }
}

function allAtOnce<T>(items: readonly T[]): T[][] {
  return items.length > 0 ? [[...items]] : [];
}

function oneByOne<T>(items: readonly T[]): T[][] {
  return items.map((item) => [item]);
}

function isRuleOf({ CidrIpv4, CidrIpv6, FromPort }: SecurityGroupRule, { range, port }: DesiredEntry): boolean {
  const cidr = CidrIpv4 ?? CidrIpv6;
  return cidr !== undefined && FromPort === port && formatRange(parseRange(cidr)) === formatRange(range);
}

function toPermission({ range, port }: DesiredEntry, Description: string): IpPermission {
  const cidr = formatRange(range);
  const source =
    range.family === 4
      ? { IpRanges: [{ CidrIp: cidr, Description }] }
      : { Ipv6Ranges: [{ CidrIpv6: cidr, Description }] };
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, ...source };
}

/** A rule that refers to a prefix list counts as the list's MaxEntries; one that refers to a group counts once per family. */
function usedBy(rules: readonly SecurityGroupRule[], lists: Lists): Capacity['used'] {
  const used: Record<Family, number> = { 4: 0, 6: 0 };
  for (const rule of rules) for (const family of FAMILIES) used[family] += weightOf(rule, family, lists);
  return used;
}

function weightOf(rule: SecurityGroupRule, family: Family, lists: Lists): number {
  const { CidrIpv4, CidrIpv6, PrefixListId } = rule;
  if (CidrIpv4 !== undefined) return family === 4 ? 1 : 0;
  if (CidrIpv6 !== undefined) return family === 6 ? 1 : 0;
  const list = PrefixListId === undefined ? undefined : lists.get(PrefixListId);
  if (list?.AddressFamily !== undefined && list.AddressFamily !== `IPv${family}`) return 0;
  // Lists that AWS manages have a weight instead, which no API returns: EC2 itself enforces it.
  return list?.MaxEntries ?? 1;
}

function singlePort({ IpProtocol, FromPort, ToPort }: SecurityGroupRule): Port {
  return IpProtocol === 'tcp' && FromPort === ToPort ? FromPort : undefined;
}
