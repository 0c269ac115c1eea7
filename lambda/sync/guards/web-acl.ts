import {
  type FirewallManagerRuleGroup,
  GetRuleGroupCommand,
  GetWebACLForResourceCommand,
  type Rule,
  type RuleAction,
  type Statement,
  type WAFV2Client,
  type WebACL,
} from '@aws-sdk/client-wafv2';
import {
  type AclAction,
  type AclRule,
  assessWebAcl,
  type GroupReference,
  type GroupRules,
  type Protection,
  type WebAclFacts,
} from '../../core/guards/web-acl';
import type { WebAclGuard } from '../../shared/guards';
import { type GuardReader, unlessMissing } from './guard';

/** One call for each resource: AWS answers with the web ACL in front of it, rules and all. And one for each rule group in it. */
export const readWebAcl: GuardReader<WebAclGuard> = async (guard, { clients: { waf } }) => {
  const protections = await Promise.all(
    guard.protects.map(async (resource) => ({ resource, acl: await webAclInFrontOf(resource, waf) })),
  );
  return assessWebAcl(guard, protections, await readGroups(guard, protections, waf));
};

/** The rule groups of the web ACL, except those that other accounts share: only their owners can let this account read them. */
async function readGroups(
  { id }: WebAclGuard,
  protections: readonly Protection[],
  waf: WAFV2Client,
): Promise<GroupRules> {
  const rules = protections.find(({ acl }) => acl?.arn === id)?.acl?.rules ?? [];
  const arns = rules.flatMap(({ action, group }) => (action === 'group' && group?.arn ? [group.arn] : []));
  const own = [...new Set(arns)].filter((arn) => accountOf(arn) === accountOf(id));
  const found = await Promise.all(own.map(async (arn) => [arn, await rulesOfGroup(arn, waf)] as const));
  return new Map(found);
}

/** AWS WAF deletes no rule group that a web ACL refers to, so one that is missing could not be read. */
async function rulesOfGroup(arn: string, waf: WAFV2Client): Promise<AclRule[]> {
  const [Name, Id] = arn.split('/').slice(-2);
  const { RuleGroup } = await waf.send(new GetRuleGroupCommand({ Name, Id, Scope: 'REGIONAL' }));
  return (RuleGroup?.Rules ?? []).map(toRule);
}

function accountOf(arn: string): string | undefined {
  return arn.split(':')[4];
}

/** @returns undefined if no web ACL is associated with the resource */
export async function webAclInFrontOf(ResourceArn: string, waf: WAFV2Client): Promise<WebAclFacts | undefined> {
  const call = waf.send(new GetWebACLForResourceCommand({ ResourceArn }));
  const answer = await unlessMissing(call, ['WAFNonexistentItemException']);
  return answer?.WebACL && toFacts(answer.WebACL);
}

function toFacts({
  ARN = '',
  Name = '',
  DefaultAction,
  Rules = [],
  PreProcessFirewallManagerRuleGroups = [],
  PostProcessFirewallManagerRuleGroups = [],
}: WebACL): WebAclFacts {
  const names = (groups: readonly FirewallManagerRuleGroup[]) => groups.map((group) => group.Name ?? 'unnamed');
  return {
    arn: ARN,
    name: Name,
    defaultAction: DefaultAction?.Allow ? 'allow' : 'block',
    rules: Rules.map(toRule),
    firewallManager: {
      before: names(PreProcessFirewallManagerRuleGroups),
      after: names(PostProcessFirewallManagerRuleGroups),
    },
  };
}

function toRule(rule: Rule): AclRule {
  const { Name = '', Priority = 0, Statement = {} } = rule;
  const set = Statement.IPSetReferenceStatement;
  return {
    name: Name,
    priority: Priority,
    action: actionOf(rule),
    matches: describe(Statement),
    ipSet: set?.ARN,
    header: set?.IPSetForwardedIPConfig?.HeaderName,
    group: groupOf(Statement),
  };
}

function groupOf({
  ManagedRuleGroupStatement: managed,
  RuleGroupReferenceStatement: own,
}: Statement): GroupReference | undefined {
  const group = managed ?? own;
  if (!group) return undefined;
  const { RuleActionOverrides = [], ExcludedRules = [] } = group;
  const overrides = new Map([
    ...ExcludedRules.map(({ Name = '' }) => [Name, 'count'] as const),
    ...RuleActionOverrides.map(({ Name = '', ActionToUse = {} }) => [Name, toAction(ActionToUse)] as const),
  ]);
  return { arn: own?.ARN, overrides };
}

/** A rule with a group has an override instead of an action: to count, or none. */
function actionOf({ Action = {}, OverrideAction, Statement = {} }: Rule): AclAction {
  if (groupOf(Statement)) return OverrideAction?.Count ? 'count' : 'group';
  return toAction(Action);
}

function toAction(Action: RuleAction): AclAction {
  const actions = { Allow: 'allow', Block: 'block', Captcha: 'captcha', Challenge: 'challenge' } as const;
  const [, action = 'count' as const] =
    Object.entries(actions).find(([name]) => name in Action && Action[name as keyof typeof actions]) ?? [];
  return action;
}

/** `country NL, DE`, `IP set partners`, `managed rule group AWSManagedRulesCommonRuleSet`, `ByteMatch` */
function describe(statement: Statement): string {
  const { IPSetReferenceStatement: set, GeoMatchStatement: geo } = statement;
  if (set) return `IP set ${set.ARN?.split('/').at(-2)}`;
  if (geo) return `country ${geo.CountryCodes?.join(', ')}`;
  const { ManagedRuleGroupStatement: managed, RuleGroupReferenceStatement: group } = statement;
  if (managed) return `managed rule group ${managed.Name}`;
  if (group) return `rule group ${group.ARN?.split('/').at(-2)}`;
  const [kind = 'any request'] = Object.keys(statement).filter((key) => statement[key as keyof Statement]);
  return kind.replace(/Statement$/, '');
}
