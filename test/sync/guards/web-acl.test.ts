import type { Rule, WAFV2Client, WebACL } from '@aws-sdk/client-wafv2';
import type { WebAclGuard } from '../../../lambda/shared/guards';
import { makeGuardClients } from '../../../lambda/sync/guards/guard';
import { readWebAcl } from '../../../lambda/sync/guards/web-acl';

const WAF = 'arn:aws:wafv2:eu-west-1:111122223333:regional';
const GROUP = `${WAF}/rulegroup/team/1`;
const OTHER_ACCOUNT = GROUP.replace('111122223333', '444455556666');
const RESOURCES = ['live', 'test'].map((stage) => `arn:aws:apigateway:eu-west-1::/restapis/a1/stages/${stage}`);
const guard: WebAclGuard = {
  kind: 'web-acl',
  id: `${WAF}/webacl/Allow/1`,
  mode: 'block',
  protects: RESOURCES,
  ipSets: [`${WAF}/ipset/Allow-v4/1`],
};
const VisibilityConfig = { MetricName: 'x', CloudWatchMetricsEnabled: false, SampledRequestsEnabled: false };
const allowRule = (Name: string, Statement: Rule['Statement']): Rule => ({
  Name,
  Priority: 0,
  Action: { Allow: {} },
  Statement,
  VisibilityConfig,
});
const OWN = allowRule('intercom-ipv4', { IPSetReferenceStatement: { ARN: guard.ipSets[0] } });
const reference = (Statement: Rule['Statement'], override: Rule['OverrideAction'] = { None: {} }): Rule => ({
  Name: 'group',
  Priority: 1,
  OverrideAction: override,
  Statement,
  VisibilityConfig,
});

/** Reads a web ACL with these rules in addition to its own, from an AWS that knows one rule group. */
async function read(...rules: Rule[]) {
  const calls: string[] = [];
  const acl: Partial<WebACL> = { ARN: guard.id, Name: 'Allow', DefaultAction: { Block: {} }, Rules: [OWN, ...rules] };
  const answers: Record<string, object> = {
    GetWebACLForResourceCommand: { WebACL: acl },
    GetRuleGroupCommand: {
      RuleGroup: { Rules: [allowRule('geo', { GeoMatchStatement: { CountryCodes: ['NL'] } }), OWN] },
    },
  };
  const send = async (command: object) => {
    calls.push(command.constructor.name);
    return answers[command.constructor.name];
  };
  const clients = {
    ...makeGuardClients({ region: 'eu-west-1' }, {} as never),
    waf: { send } as unknown as WAFV2Client,
  };
  return { ...(await readWebAcl(guard, { clients, now: new Date() })), calls };
}

it('without a rule group, one call for each resource is enough', async () => {
  const { outcome, calls } = await read();
  expect({ outcome, calls }).toEqual({
    outcome: 'guarding',
    calls: ['GetWebACLForResourceCommand', 'GetWebACLForResourceCommand'],
  });
});

it('a rule group is read once, and what it allows is a problem', async () => {
  const { problems, calls } = await read(reference({ RuleGroupReferenceStatement: { ARN: GROUP } }));
  expect(problems).toEqual([expect.stringMatching(/^Rule geo of rule group team .* match country NL/)]);
  expect(calls.filter((call) => call === 'GetRuleGroupCommand')).toHaveLength(1);
});

it.each<[string, Rule]>([
  ['that only counts', reference({ RuleGroupReferenceStatement: { ARN: GROUP } }, { Count: {} })],
  ['of another account', reference({ RuleGroupReferenceStatement: { ARN: OTHER_ACCOUNT } })],
  ['of AWS', reference({ ManagedRuleGroupStatement: { VendorName: 'AWS', Name: 'AWSManagedRulesCommonRuleSet' } })],
])('a rule group %s is not read', async (_case, rule) => {
  const { outcome, calls } = await read(rule);
  expect({ outcome, groups: calls.filter((call) => call === 'GetRuleGroupCommand') }).toEqual({
    outcome: 'guarding',
    groups: [],
  });
});

it.each<[string, Rule['Statement']]>([
  [
    'a managed rule group',
    {
      ManagedRuleGroupStatement: {
        VendorName: 'AWS',
        Name: 'AWSManagedRulesBotControlRuleSet',
        RuleActionOverrides: [{ Name: 'geo', ActionToUse: { Allow: {} } }],
      },
    },
  ],
  [
    'a rule group of the account',
    {
      RuleGroupReferenceStatement: {
        ARN: GROUP,
        RuleActionOverrides: [{ Name: 'geo', ActionToUse: { Allow: {} } }],
      },
    },
  ],
])('an action of %s that is overridden to Allow is a problem', async (_case, statement) => {
  const { problems } = await read(reference(statement));
  expect(problems).toEqual([expect.stringMatching(/^Rule geo of (managed )?rule group \w+ \(priority 1\) allows/)]);
});

it('a rule that the web ACL excludes from a rule group only counts', async () => {
  const { outcome } = await read(
    reference({ RuleGroupReferenceStatement: { ARN: GROUP, ExcludedRules: [{ Name: 'geo' }] } }),
  );
  expect(outcome).toBe('guarding');
});
