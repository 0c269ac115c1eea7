import {
  type FirewallManagerRuleGroup,
  GetWebACLForResourceCommand,
  type Rule,
  type Statement,
  type WAFV2Client,
  type WebACL,
} from '@aws-sdk/client-wafv2';
import { type AclRule, assessWebAcl, type WebAclFacts } from '../../core/guards/web-acl';
import type { WebAclGuard } from '../../shared/guards';
import { type GuardReader, unlessMissing } from './guard';

/** One call for each resource: AWS answers with the web ACL in front of it, rules and all. */
export const readWebAcl: GuardReader<WebAclGuard> = async (guard, { clients: { waf } }) => {
  const protections = await Promise.all(
    guard.protects.map(async (resource) => ({ resource, acl: await webAclInFrontOf(resource, waf) })),
  );
  return assessWebAcl(guard, protections);
};

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
  };
}

/** A rule with a group has an override instead of an action: to count, or none. */
function actionOf({ Action = {}, OverrideAction }: Rule): AclRule['action'] {
  if (OverrideAction) return OverrideAction.Count ? 'count' : 'group';
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
