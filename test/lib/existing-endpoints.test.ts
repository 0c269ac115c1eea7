import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IpSets, WebAcl, WebAclAssociations } from '../../lib';
import {
  addStack,
  EXISTING,
  findingsIn,
  LOAD_BALANCER_ARN,
  newApp,
  onlyOne,
  prerequisitesOf,
  resourcesOf,
  STAGE_ARN,
  synthesize,
  TARGETS_ONLY,
} from './template';

const typesIn = (template: Template) => new Set(Object.values(resourcesOf(template)).map(({ Type }) => Type));
const outputsOf = (template: Template) => Object.keys(template.toJSON().Outputs);

describe('ingress=none', () => {
  test('with named targets only, the stack has no API, receiver, secret, web ACL or IP set', () => {
    const types = typesIn(synthesize(TARGETS_ONLY));
    for (const type of types) {
      expect(type).not.toMatch(/ApiGateway|WAFv2|SecretsManager|Events|S3|KinesisFirehose|IpSet|PrefixList/);
    }
    expect(outputsOf(synthesize(TARGETS_ONLY))).toEqual([
      'SyncFunctionName',
      'StateTableName',
      'DashboardUrl',
      'ChangesTopicArn',
      'AlarmsTopicArn',
      'WidgetFunctionName',
      'WidgetActionFunctionName',
    ]);
  });

  test('the alarms and queries of the sync are there, and none of a receiver', () => {
    const template = synthesize(TARGETS_ONLY);
    const names = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties.AlarmName,
    );
    expect(names).toContain('IntercomAllowlist-RunFailed');
    expect(names.filter((name: string) => /Delivery|Webhook|Overflow|Signature|Slow|Blocked/.test(name))).toEqual([]);
    const queries = Object.values(resourcesOf(template, 'AWS::Logs::QueryDefinition')).map(
      ({ Properties }) => Properties.Name,
    );
    expect(queries).toContain('IntercomAllowlist/Range diffs');
    expect(queries).not.toContain('IntercomAllowlist/Blocked source addresses');
  });

  test('without any target, synthesis says that only tagged resources are served', () => {
    const stack = addStack(newApp({ ingress: 'none' }));
    const info = Annotations.fromStack(stack).findInfo('*', Match.stringLikeRegexp('^The stack creates no target'));
    expect(info).toHaveLength(1);
    const withTargets = Annotations.fromStack(addStack(newApp(TARGETS_ONLY)));
    expect(withTargets.findInfo('*', Match.anyValue())).toEqual([]);
  });

  test.each([
    ['named targets only', TARGETS_ONLY],
    ['existing endpoints', EXISTING],
    ['IP sets of CloudFront', { ingress: 'none', cloudFrontIpSets: 'create' }],
  ])('cdk-nag finds nothing with %s', (_case, context) => {
    const app = newApp(context);
    addStack(app);
    expect(findingsIn(app)).toEqual([]);
  });
});

describe('webAclAssociations', () => {
  const template = () => synthesize(EXISTING);
  const associations = () => resourcesOf(template(), 'Custom::IntercomAllowlistWebAclAssociation');

  test('the web ACL is associated with each resource, after the IP sets are filled', () => {
    expect(
      Object.values(associations()).map(({ Properties }) => [Properties.WebAclArn, Properties.ResourceArn]),
    ).toEqual([
      ['<IngressWebAcl.Arn>', STAGE_ARN],
      ['<IngressWebAcl.Arn>', LOAD_BALANCER_ARN],
    ]);
    for (const name of Object.keys(associations()))
      expect(prerequisitesOf(template(), name)).toContain('SyncAfterDeploy');
  });

  const policiesIn = (stack: Template) => {
    const policies = Object.entries(resourcesOf(stack, 'AWS::IAM::Policy'));
    return new Map(policies.map(([name, { Properties }]) => [name, Properties]));
  };

  test('the function may read whichever web ACL a resource has, because AWS authorizes the read on that web ACL too', () => {
    const { PolicyDocument } = policiesIn(template()).get('WebAclAssociationsAssociateRoleDefaultPolicy');
    const statements: { Action: string | string[] }[] = PolicyDocument.Statement;
    expect(statements.filter(({ Action }) => !String(Action).includes('logs:'))).toEqual([
      {
        Effect: 'Allow',
        Action: ['wafv2:GetWebACL', 'wafv2:GetWebACLForResource'],
        Resource: 'arn:<AWS::Partition>:wafv2:<AWS::Region>:<AWS::AccountId>:regional/webacl/*',
      },
    ]);
  });

  const ofWaf = (arn: string) => ({
    Effect: 'Allow',
    Action: ['wafv2:AssociateWebACL', 'wafv2:DisassociateWebACL', 'wafv2:GetWebACLForResource'],
    Resource: [arn, '<IngressWebAcl.Arn>'],
  });
  const ofStage = (arn: string) => ({ Effect: 'Allow', Action: 'apigateway:SetWebACL', Resource: arn });
  const ofLoadBalancer = (arn: string) => ({
    Effect: 'Allow',
    Action: [
      'elasticloadbalancing:CreateWebACLAssociation',
      'elasticloadbalancing:DeleteWebACLAssociation',
      'elasticloadbalancing:GetLoadBalancerWebACL',
      'elasticloadbalancing:SetWebACL',
    ],
    Resource: arn,
  });

  test.each([
    ['a stage', STAGE_ARN, [ofWaf(STAGE_ARN), ofStage(STAGE_ARN)]],
    ['a load balancer', LOAD_BALANCER_ARN, [ofWaf(LOAD_BALANCER_ARN), ofLoadBalancer(LOAD_BALANCER_ARN)]],
  ])('the function may associate %s with this web ACL, disassociate it, and nothing else', (_kind, arn, statements) => {
    const ofArn = [...policiesIn(template()).values()].filter(({ PolicyDocument }) =>
      JSON.stringify(PolicyDocument).includes(`"${arn}"`),
    );
    const ofFunction = ofArn.filter(({ Roles }) => Roles[0] === '<WebAclAssociationsAssociateRole>');
    expect(ofFunction.map(({ PolicyDocument }) => PolicyDocument.Statement)).toEqual([statements]);
  });

  test('each association is deleted before its own permissions, and needs those of no other', () => {
    const policyOf = (arn: string) =>
      [...policiesIn(template())].flatMap(([name, properties]) =>
        name.startsWith('WebAclAssociations') && JSON.stringify(properties).includes(`"${arn}"`) ? [name] : [],
      );
    const policies = [STAGE_ARN, LOAD_BALANCER_ARN].flatMap(policyOf);
    expect(policies).toHaveLength(2);
    for (const [name, { Properties }] of Object.entries(associations())) {
      const [own = ''] = policyOf(Properties.ResourceArn);
      expect(policies.filter((policy) => prerequisitesOf(template(), name).has(policy))).toEqual([own]);
    }
  });

  describe('of resources of the same app', () => {
    const app = () => {
      const stack = new Stack(newApp(), 'Team');
      const webAcl = new WebAcl(stack, 'Acl', { ipSets: new IpSets(stack, 'IpSets') });
      const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-12345678',
        availabilityZones: ['eu-west-1a', 'eu-west-1b'],
        publicSubnetIds: ['subnet-1', 'subnet-2'],
        publicSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
      });
      const { loadBalancerArn } = new ApplicationLoadBalancer(stack, 'Hooks', { vpc, internetFacing: true });
      const api = new RestApi(stack, 'Api', { cloudWatchRole: false });
      api.root.addMethod('POST');
      return { stack, webAcl, loadBalancerArn, stageArn: api.deploymentStage.stageArn };
    };
    const idsIn = (stack: Stack) =>
      Object.entries(resourcesOf(Template.fromStack(stack), 'Custom::IntercomAllowlistWebAclAssociation')).map(
        ([id, { Properties }]) => [Properties.ResourceArn, id],
      );

    test('an ARN that only the deployment knows is accepted', () => {
      const { stack, webAcl, loadBalancerArn, stageArn } = app();
      new WebAclAssociations(stack, 'Associations', { webAcl, resourceArns: [loadBalancerArn, stageArn, STAGE_ARN] });
      expect(idsIn(stack).map(([arn]) => arn)).toEqual([
        '<Hooks>',
        'arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<Api>/stages/<ApiDeploymentStageprod>',
        STAGE_ARN,
      ]);
    });

    test('an association keeps its id when another one is removed: otherwise the cleanup would disassociate it', () => {
      const [both, one] = [true, false].map((withLoadBalancer) => {
        const { stack, webAcl, loadBalancerArn, stageArn } = app();
        const resourceArns = [...(withLoadBalancer ? [loadBalancerArn] : []), stageArn];
        new WebAclAssociations(stack, 'Associations', { webAcl, resourceArns });
        return idsIn(stack);
      });
      expect(one).toHaveLength(1);
      expect(both).toEqual(expect.arrayContaining(one ?? []));
    });

    test('an ARN whose service is unknown gets the permissions for stages and for load balancers', () => {
      const { stack, webAcl, loadBalancerArn } = app();
      new WebAclAssociations(stack, 'Associations', { webAcl, resourceArns: [loadBalancerArn] });
      const policies = [...policiesIn(Template.fromStack(stack)).values()];
      const [policy] = policies.filter((properties) => JSON.stringify(properties).includes('SetWebACL'));
      const allOfLoadBalancer = ofLoadBalancer('<Hooks>');
      expect(policy.PolicyDocument.Statement).toEqual([
        { ...ofWaf('<Hooks>'), Resource: ['<Acl.Arn>', '<Hooks>'] },
        // The CDK merges statements about one resource.
        { ...allOfLoadBalancer, Action: ['apigateway:SetWebACL', ...allOfLoadBalancer.Action] },
      ]);
    });
  });

  test('with an ingress, its web ACL guards them too', () => {
    const withIngress = synthesize({ webAclAssociations: [STAGE_ARN] });
    const [association] = Object.values(resourcesOf(withIngress, 'Custom::IntercomAllowlistWebAclAssociation'));
    expect(association?.Properties.WebAclArn).toBe('<IngressWebAcl.Arn>');
    expect(Object.keys(resourcesOf(withIngress, 'AWS::WAFv2::WebACL'))).toEqual(['IngressWebAcl']);
  });
});

describe('webAclMode=count', () => {
  const webAcl = (context: object) => onlyOne(synthesize({ ...EXISTING, ...context }), 'AWS::WAFv2::WebACL');

  test('allows everything, and counts what the IP sets do not allow by the last rule', () => {
    const { DefaultAction, Rules } = webAcl({ webAclMode: 'count' });
    expect(DefaultAction).toEqual({ Allow: {} });
    expect(Rules.map(({ Name, Action }: Record<string, unknown>) => [Name, Action])).toEqual([
      ['intercom-ipv4', { Allow: {} }],
      ['intercom-ipv6', { Allow: {} }],
      ['blocked-like-intercom', { Count: {} }],
      ['would-be-blocked', { Count: {} }],
    ]);
    const references = ['<IpSetsIPV4.Arn>', '<IpSetsIPV6.Arn>'].map((Arn) => ({ IPSetReferenceStatement: { Arn } }));
    expect(Rules.at(-1).Statement).toEqual({
      NotStatement: { Statement: { OrStatement: { Statements: references } } },
    });
  });

  test('logs the counted requests instead of the blocked ones', () => {
    const actionOf = (context: object) => {
      const { LoggingFilter } = onlyOne(synthesize({ ...EXISTING, ...context }), 'AWS::WAFv2::LoggingConfiguration');
      return LoggingFilter.Filters[0].Conditions[0].ActionCondition.Action;
    };
    expect([actionOf({}), actionOf({ webAclMode: 'count' })]).toEqual(['BLOCK', 'COUNT']);
  });

  test('changes only the web ACL, its log filter, and what shows, checks and alarms on it: no IP set and no target', () => {
    const changed = (context: object) =>
      JSON.stringify(resourcesOf(synthesize({ ...EXISTING, ...context }), 'Custom::IntercomAllowlistIpSet'));
    expect(changed({ webAclMode: 'count' })).toBe(changed({}));
    const variables = (context: object) =>
      resourcesOf(synthesize({ ...EXISTING, ...context })).SyncFunction?.Properties.Environment.Variables;
    const counting = variables({ webAclMode: 'count' });
    const blocking = variables({});
    expect(JSON.parse(counting.GUARDS)).toEqual(JSON.parse(blocking.GUARDS.replace('"block"', '"count"')));
    expect({ ...counting, GUARDS: '' }).toEqual({ ...blocking, GUARDS: '' });
  });
});

describe('cloudFrontIpSets=create', () => {
  const template = () => synthesize({ ingress: 'none', cloudFrontIpSets: 'create' });

  test('creates two exclusive IP sets of CloudFront in us-east-1, and outputs their ARNs', () => {
    const sets = Object.values(resourcesOf(template(), 'Custom::IntercomAllowlistIpSet'));
    expect(sets.map(({ Properties: { Name, Scope, IPAddressVersion } }) => [Name, Scope, IPAddressVersion])).toEqual([
      ['IntercomAllowlist-cloudfront-v4', 'CLOUDFRONT', 'IPV4'],
      ['IntercomAllowlist-cloudfront-v6', 'CLOUDFRONT', 'IPV6'],
    ]);
    expect(outputsOf(template())).toEqual(expect.arrayContaining(['CloudFrontIpv4IpSetArn', 'CloudFrontIpv6IpSetArn']));
    const { TARGETS } = resourcesOf(template()).SyncFunction?.Properties.Environment.Variables ?? {};
    expect(JSON.stringify(TARGETS)).toContain('exclusive');
  });

  test('the function that creates them may do so in us-east-1 and by these names only', () => {
    const policies = resourcesOf(template(), 'AWS::IAM::Policy');
    const statements = policies.CloudFrontIpSetsLifecycleRoleDefaultPolicy?.Properties.PolicyDocument.Statement;
    const writing = statements.find(({ Action }: { Action: unknown }) => String(Action).includes('CreateIPSet'));
    expect(writing.Resource).toBe(
      'arn:<AWS::Partition>:wafv2:us-east-1:<AWS::AccountId>:global/ipset/IntercomAllowlist-cloudfront-v?/*',
    );
  });
});

describe('for other stacks, tools and accounts', () => {
  test('the rule group has the two rules that allow the ranges', () => {
    const { Capacity, Rules, Scope } = onlyOne(synthesize(EXISTING), 'AWS::WAFv2::RuleGroup');
    expect({ Capacity, Scope }).toEqual({ Capacity: 2, Scope: 'REGIONAL' });
    expect(Rules.map(({ Name, Action, Priority }: Record<string, unknown>) => [Name, Action, Priority])).toEqual([
      ['intercom-ipv4', { Allow: {} }, 0],
      ['intercom-ipv6', { Allow: {} }, 1],
    ]);
  });

  test('ARNs and prefix list ids are SSM parameters under the name of the stack', () => {
    const parameters = Object.values(resourcesOf(synthesize(EXISTING), 'AWS::SSM::Parameter'));
    expect(Object.fromEntries(parameters.map(({ Properties }) => [Properties.Name, Properties.Value]))).toEqual({
      '/IntercomAllowlist/CloudFrontIpv4IpSetArn': '<CloudFrontIpSetsIPV4.Arn>',
      '/IntercomAllowlist/CloudFrontIpv6IpSetArn': '<CloudFrontIpSetsIPV6.Arn>',
      '/IntercomAllowlist/WebAclArn': '<IngressWebAcl.Arn>',
      '/IntercomAllowlist/WebAclRuleGroupArn': '<WebAclRulesRuleGroup.Arn>',
      '/IntercomAllowlist/Ipv4IpSetArn': '<IpSetsIPV4.Arn>',
      '/IntercomAllowlist/Ipv6IpSetArn': '<IpSetsIPV6.Arn>',
      '/IntercomAllowlist/Ipv4PrefixListId': '<PrefixListsIPv4>',
      '/IntercomAllowlist/Ipv6PrefixListId': '<PrefixListsIPv6>',
    });
  });

  test('shareWith shares exactly the two prefix lists', () => {
    const { Principals, ResourceArns } = onlyOne(synthesize(EXISTING), 'AWS::RAM::ResourceShare');
    expect(Principals).toEqual(EXISTING.shareWith);
    expect(ResourceArns).toEqual(
      ['<PrefixListsIPv4>', '<PrefixListsIPv6>'].map(
        (id) => `arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:prefix-list/${id}`,
      ),
    );
  });
});
