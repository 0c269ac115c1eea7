import { BLOCKED_LIKE_INTERCOM, TOO_LARGE, WOULD_BE_BLOCKED } from '../../shared/constants';
import type { WebAclGuard } from '../../shared/guards';
import type { Range } from '../ranges/range';
import { coverage } from '../ranges/range-set';
import { assessmentOf, type GuardAssessment } from './assessment';

/** `group`: the rules in a rule group decide. */
export type AclAction = 'allow' | 'block' | 'count' | 'captcha' | 'challenge' | 'group';

/** The rule group of a rule. */
export interface GroupReference {
  /** Undefined for a managed rule group, whose rules AWS does not show. */
  readonly arn: string | undefined;
  /** The actions that the web ACL gives to rules of the group instead of their own, by the names of the rules. */
  readonly overrides: ReadonlyMap<string, AclAction>;
}

/** The rules of rule groups, by ARN. */
export type GroupRules = ReadonlyMap<string, readonly AclRule[]>;

/** A rule of a web ACL or of a rule group. */
export interface AclRule {
  readonly name: string;
  readonly priority: number;
  readonly action: AclAction;
  /** What it matches, such as `country NL, DE`. */
  readonly matches: string;
  /** ARN of the IP set, if the rule matches nothing but the source address by that set. */
  readonly ipSet?: string | undefined;
  /** The header from which the IP set's rule takes the address instead. */
  readonly header?: string | undefined;
  /** Its rule group, if it has one. */
  readonly group?: GroupReference | undefined;
}

/** A web ACL as AWS WAF applies it. */
export interface WebAclFacts {
  readonly arn: string;
  readonly name: string;
  readonly defaultAction: 'allow' | 'block';
  readonly rules: readonly AclRule[];
  /** Rule groups of AWS Firewall Manager that run before and after the rules. */
  readonly firewallManager: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** A protected resource, and the web ACL that is in front of it. */
export interface Protection {
  readonly resource: string;
  readonly acl: WebAclFacts | undefined;
}

/** The stack's own rules in addition to those that allow. */
const OWN_RULES: readonly string[] = [BLOCKED_LIKE_INTERCOM, WOULD_BE_BLOCKED, TOO_LARGE];
const STOPS: readonly AclAction[] = ['block', 'captcha', 'challenge'];

/**
 * Assesses whether the web ACL allows the entries of its IP sets and nothing else.
 *
 * @param groups the rules of the rule groups that could be read
 */
export function assessWebAcl(
  guard: WebAclGuard,
  protections: readonly Protection[],
  groups: GroupRules = new Map(),
): GuardAssessment {
  const { ipSets } = guard;
  const acl = protections.find((protection) => protection.acl?.arn === guard.id)?.acl;
  const associations = protections.map((protection) => associationProblem(guard, protection));
  if (!acl) return assessmentOf(associations);
  const inGroups = acl.rules.flatMap((rule) => decidingInGroup(rule, groups));
  const isOwn = ({ ipSet }: AclRule) => ipSet !== undefined && ipSets.includes(ipSet);
  const direct = acl.rules.filter(isOwn);
  // Such as those of the rule group that the stack exports.
  const grouped = inGroups.filter((rule) => isOwn(rule) && rule.action === 'allow' && rule.header === undefined);
  const allowRules = [...direct, ...grouped.filter((rule) => direct.every(({ ipSet }) => ipSet !== rule.ipSet))];
  const otherRules = acl.rules.filter((rule) => !direct.includes(rule));
  const others = [...otherRules, ...inGroups.filter((rule) => !grouped.includes(rule))];
  const problems = [
    ...associations,
    defaultActionProblem(acl, guard.mode),
    ...ipSets.map((ipSet) => allowRuleProblem(allowRules, ipSet)),
    ...(guard.mode === 'block' ? others.map((rule) => openProblem(acl, rule)) : []),
    ...others.map((rule) => orderProblem(rule, allowRules, groups)),
  ];
  const counting = guard.mode === 'count' ? ['It counts and blocks nothing, as webAclMode=count configures it'] : [];
  return assessmentOf(
    problems,
    [...counting, ...notesOn(acl, otherRules, groups)],
    guard.mode === 'count' ? 'counting' : 'guarding',
  );
}

function associationProblem({ id }: WebAclGuard, { resource, acl }: Protection): string | undefined {
  if (acl?.arn === id) return undefined;
  const next = `Associate ${id} with it, for example in the AWS WAF console`;
  return acl
    ? `Web ACL ${acl.name} is in front of ${resource} instead of this one, so that web ACL decides which requests are allowed. ${next}`
    : `No web ACL is in front of ${resource}, so every request is allowed. ${next}`;
}

function defaultActionProblem({ defaultAction }: WebAclFacts, mode: WebAclGuard['mode']): string | undefined {
  if (mode === 'block' && defaultAction === 'allow')
    return 'Its default action is Allow, so every request is allowed. Set it to Block';
  if (mode === 'count' && defaultAction === 'block')
    return 'Its default action is Block although webAclMode is count, so requests are blocked. Set it to Allow';
  return undefined;
}

/** The rules of a rule group that allow or stop requests, as if they were rules of the web ACL at the place of the group. */
function decidingInGroup({ action: groupAction, group, matches: title, priority }: AclRule, groups: GroupRules) {
  if (groupAction !== 'group' || !group) return [];
  const { arn, overrides } = group;
  const inside: readonly AclRule[] =
    arn === undefined
      ? [...overrides].map(([name, action]) => ({ name, priority, action, matches: 'its statement' }))
      : (groups.get(arn) ?? []).map((rule) => ({ ...rule, action: overrides.get(rule.name) ?? rule.action }));
  const deciding = inside.filter(({ action }) => action === 'allow' || STOPS.includes(action));
  return deciding.map((rule): AclRule => ({ ...rule, name: `${rule.name} of ${title}`, priority }));
}

/** Whether a rule runs a rule group whose rules AWS does not show, or not to this account. */
function isOpaque({ action, group }: AclRule, groups: GroupRules): boolean {
  return action === 'group' && (group?.arn === undefined || !groups.has(group.arn));
}

/** The one way in that must be there. */
function allowRuleProblem(rules: readonly AclRule[], ipSet: string): string | undefined {
  const rule = rules.find((candidate) => candidate.ipSet === ipSet);
  const blocked = "so Intercom's notifications from there are blocked";
  if (!rule)
    return `No rule allows IP set ${ipSet}, ${blocked}. Put the rule back: Allow, source address in that IP set`;
  if (rule.header !== undefined)
    return `${titleOf(rule)} takes the address from the header ${rule.header}, which any sender can set. Make it use the source address`;
  if (rule.action !== 'allow')
    return `${titleOf(rule)} does not allow IP set ${ipSet}, ${blocked}. Set its action to Allow`;
  return undefined;
}

/** Wherever it stands: the default action blocks only what no rule allows. */
function openProblem({ defaultAction }: WebAclFacts, rule: AclRule): string | undefined {
  if (rule.action !== 'allow' || defaultAction === 'allow') return undefined;
  return `${titleOf(rule)} allows requests that match ${rule.matches}, which the allowlist does not control. Remove the rule, or set its action to Count`;
}

/** Rules that stop requests, or may do so, belong after those that allow the IP sets. */
function orderProblem(rule: AclRule, allowRules: readonly AclRule[], groups: GroupRules): string | undefined {
  const later = allowRules.filter(({ action, priority }) => action === 'allow' && priority > rule.priority);
  const stops = stoppingBy(rule, groups);
  if (stops === undefined || later.length === 0) return undefined;
  return (
    `${titleOf(rule)} ${stops} before ${later.map(({ name }) => name).join(' and ')} can allow them, so Intercom's notifications may be ` +
    'blocked. Give it a higher priority number'
  );
}

function stoppingBy(rule: AclRule, groups: GroupRules): string | undefined {
  if (STOPS.includes(rule.action)) return `stops requests that match ${rule.matches}`;
  return isOpaque(rule, groups) ? `runs ${rule.matches}, which may stop requests` : undefined;
}

function notesOn(
  { firewallManager: { before, after } }: WebAclFacts,
  others: readonly AclRule[],
  groups: GroupRules,
): string[] {
  const named = others
    .filter(({ name, action }) => action !== 'allow' && !OWN_RULES.includes(name))
    .map(({ name, priority, action }) => `${name} (priority ${priority}, ${action})`);
  const managed = [...before.map((name) => `${name} (first)`), ...after.map((name) => `${name} (last)`)];
  const unread = others.filter((rule) => isOpaque(rule, groups) && rule.group?.arn !== undefined);
  return [
    ...(named.length > 0 ? [`Rules of others: ${named.join(', ')}`] : []),
    ...(unread.length > 0
      ? [`Rule groups of another account, not assessed: ${unread.map(({ name }) => name).join(', ')}`]
      : []),
    ...(managed.length > 0 ? [`Rule groups of Firewall Manager, not assessed: ${managed.join(', ')}`] : []),
  ];
}

function titleOf({ name, priority }: AclRule): string {
  return `Rule ${name} (priority ${priority})`;
}

/** What a web ACL does with a request from an address. */
export interface AclDecision {
  readonly passes: boolean;
  /** The rule or default action that decides, and the rules that may decide before it. */
  readonly why: string;
}

/**
 * Follows the rules in their order. Rules that look at more than the source address are named, not assessed.
 *
 * @param contents the ranges of the IP sets that are known, by ARN
 */
export function decideRequest(
  acl: WebAclFacts,
  range: Range,
  contents: ReadonlyMap<string, readonly Range[]>,
): AclDecision {
  const unless: string[] = [...acl.firewallManager.before];
  for (const rule of [...acl.rules].sort((a, b) => a.priority - b.priority)) {
    const known = rule.header === undefined && rule.ipSet !== undefined ? contents.get(rule.ipSet) : undefined;
    if (rule.action === 'count' || OWN_RULES.includes(rule.name)) continue;
    if (known === undefined) unless.push(`${rule.name} (${rule.action}, if ${rule.matches} matches)`);
    else if (coverage(known)(range)) return decision(rule.action === 'allow', `rule ${rule.name}`, unless);
  }
  const passes = acl.defaultAction === 'allow';
  return decision(passes, 'default action', [...unless, ...acl.firewallManager.after]);
}

function decision(passes: boolean, by: string, unless: readonly string[]): AclDecision {
  const exceptions = unless.length > 0 ? `, unless one of these decides first: ${unless.join(', ')}` : '';
  return { passes, why: `its ${by} ${passes ? 'allows' : 'blocks'} it${exceptions}` };
}
