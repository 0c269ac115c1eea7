import { join } from 'node:path';
import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PrefixList, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { buildSync } from 'esbuild';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { parseTargets } from '../../lambda/shared/parse-targets';
import {
  Alarms,
  AlbIngress,
  AllowlistSync,
  type AllowlistSyncProps,
  AllowlistTarget,
  AllowlistWidget,
  ApiGatewayIngress,
  IntercomRegion,
  IpSets,
  OverviewDashboard,
  PrefixListShare,
  PrefixLists,
  Receiver,
  SavedQueries,
  WebAcl,
  WebAclRules,
} from '../../lib';
import { ALB, addStack, findingsIn, newApp, resourcesOf } from './template';

const IP_SET = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/partners/0f1e2d3c';

/** A team's own stack, and the sync in it. */
function teamStack(props: AllowlistSyncProps = {}, app: App = newApp()): { stack: Stack; sync: AllowlistSync } {
  const stack = new Stack(app, 'Team');
  return { stack, sync: new AllowlistSync(stack, 'Allowlist', props) };
}

function environmentOf(stack: Stack): Record<string, string> {
  const functions = resourcesOf(Template.fromStack(stack), 'AWS::Lambda::Function');
  return functions.AllowlistFunction?.Properties.Environment.Variables;
}

describe('AllowlistSync in another app', () => {
  it('maintains only tagged targets by default, with the stack name as the owner', () => {
    expect(environmentOf(teamStack().stack)).toEqual({
      OWNER: 'Team',
      INTERCOM_REGIONS: 'us,eu,au',
      FEED_BASE_URL: 'https://static.intercomcdn.com/intercom-ips',
      STATE_TABLE: '<AllowlistState>',
      TARGETS: '[]',
      GUARDS: '[]',
      REMOVAL_GRACE_HOURS: '24',
      MAX_REMOVAL_SHARE: '0.5',
      RULES_PER_SECURITY_GROUP: '60',
    });
  });

  it('treats an undefined property as its default', () => {
    const undefinedProps = {
      feedBaseUrl: undefined,
      intercomRegions: undefined,
      owner: undefined,
      removalGrace: undefined,
    };
    expect(environmentOf(teamStack(undefinedProps).stack)).toEqual(environmentOf(teamStack().stack));
  });

  it('passes every target to the function, a security group with its ports', () => {
    const stack = new Stack(newApp(), 'Team');
    const vpc = Vpc.fromVpcAttributes(stack, 'Vpc', { vpcId: 'vpc-12345678', availabilityZones: ['eu-west-1a'] });
    const group = new SecurityGroup(stack, 'Group', { vpc });
    const list = PrefixList.fromPrefixListId(stack, 'List', 'pl-12345678');
    const targets = [
      AllowlistTarget.securityGroup(group, { ports: [8443, 443] }),
      AllowlistTarget.securityGroupId('sg-12345678', { exclusive: true }),
      AllowlistTarget.ipSet(IP_SET, { exclusive: true }),
      AllowlistTarget.prefixList(list),
    ];
    new AllowlistSync(stack, 'Allowlist', { targets, owner: 'mine', intercomRegions: [IntercomRegion.EU] });
    expect(environmentOf(stack)).toMatchObject({
      OWNER: 'mine',
      INTERCOM_REGIONS: 'eu',
    });
    expect(parseTargets(environmentOf(stack).TARGETS ?? '', 'TARGETS')).toEqual([
      { kind: 'security-group', id: '<Group.GroupId>', exclusive: false, ports: [443, 8443] },
      { kind: 'security-group', id: 'sg-12345678', exclusive: true, ports: [443] },
      { kind: 'ip-set', id: IP_SET, exclusive: true, ports: [] },
      { kind: 'prefix-list', id: 'pl-12345678', exclusive: false, ports: [] },
    ]);
  });

  it.each<[what: string, props: AllowlistSyncProps, message: string]>([
    ['a feed URL without TLS', { feedBaseUrl: 'http://static.intercomcdn.com' }, 'feedBaseUrl: "http:'],
    ['a grace period of more than 30 days', { removalGrace: Duration.days(31) }, 'removalGrace in hours: "744"'],
    ['a removal share above 1', { maxRemovalShare: 1.5 }, 'maxRemovalShare: "1.5"'],
    ['a quota that is no whole number', { rulesPerSecurityGroup: 60.5 }, 'rulesPerSecurityGroup: "60.5"'],
    [
      'an empty list of regions',
      { intercomRegions: [] },
      'intercomRegions: [] is not allowed. Allowed: one or more of us',
    ],
    ['a region that is not one', { intercomRegions: ['mars' as IntercomRegion] }, 'intercomRegions: ["mars"] is not'],
  ])('rejects %s', (_what, props, message) => {
    expect(() => teamStack(props)).toThrow(InvalidConfigError);
    expect(() => teamStack(props)).toThrow(message);
  });

  it.each([[[0]], [[65536]], [[70_000]], [[]], [[443.5]]])('rejects the ports %j', (ports) => {
    expect(() => AllowlistTarget.securityGroupId('sg-12345678', { ports })).toThrow(
      /^ports: ".*" is not allowed\. Allowed: a comma-separated list of TCP ports, 1 to 65535\.$/,
    );
  });

  it.each([
    ['a security group', () => AllowlistTarget.securityGroupId('default'), 'securityGroupId: "default"'],
    ['an IP set', () => AllowlistTarget.ipSet('partners'), 'ipSetArn: "partners"'],
    ['a prefix list', () => AllowlistTarget.prefixListId(IP_SET), 'prefixListId: "arn:'],
  ])('rejects a target that is not %s', (_kind, target, message) => {
    expect(target).toThrow(InvalidConfigError);
    expect(target).toThrow(message);
  });

  it('rejects a second sync with the same owner in a stack, and names the first', () => {
    const { stack } = teamStack();
    expect(() => new AllowlistSync(stack, 'Second')).toThrow(
      'owner: "Team" is not allowed. Allowed: an owner that no other sync has; Team/Allowlist has this one, and each of the two ' +
        'would remove the entries of the other.',
    );
    expect(new AllowlistSync(stack, 'Third', { owner: 'third' }).owner).toBe('third');
  });

  it('may publish to a topic that is encrypted with a key of its own', () => {
    const stack = new Stack(newApp(), 'Team');
    const changesTopic = new Topic(stack, 'Changes', { masterKey: new Key(stack, 'Key') });
    new AllowlistSync(stack, 'Allowlist', { changesTopic });
    const { PolicyDocument } =
      resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy').AllowlistRoleDefaultPolicy?.Properties ?? {};
    expect(PolicyDocument.Statement).toEqual(
      expect.arrayContaining([
        { Effect: 'Allow', Action: 'sns:Publish', Resource: '<Changes>' },
        { Effect: 'Allow', Action: ['kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '<Key.Arn>' },
      ]),
    );
  });

  it('lets a grantee invoke the function', () => {
    const { stack, sync } = teamStack();
    sync.grantInvoke(new Role(stack, 'Operator', { assumedBy: new AccountRootPrincipal() }));
    expect(invokedBy(stack, 'OperatorDefaultPolicy')).toEqual(['<AllowlistFunction.Arn>', '<AllowlistFunction.Arn>:*']);
  });

  it('has no cdk-nag finding that is not acknowledged', () => {
    const app = newApp();
    const { stack } = teamStack({ targets: [AllowlistTarget.ipSet(IP_SET)] }, app);
    const masterKey = new Key(stack, 'Key', { enableKeyRotation: true });
    const changesTopic = new Topic(stack, 'Changes', { masterKey, enforceSSL: true });
    new AllowlistSync(stack, 'Second', { owner: 'second', changesTopic });
    expect(findingsIn(app)).toEqual([]);
  });
});

function invokedBy(stack: Stack, policy: string): string[] {
  const { PolicyDocument } = resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy')[policy]?.Properties ?? {};
  return PolicyDocument.Statement.flatMap(({ Resource }: { Resource: string[] }) => Resource);
}

/** Every part of the stack, in another stack. */
function addEverything(stack: Stack, suffix = ''): void {
  const id = (name: string) => `${name}${suffix}`;
  const ipSets = new IpSets(stack, id('IpSets'));
  const lists = new PrefixLists(stack, id('Lists'));
  new PrefixListShare(stack, id('Share'), { lists, principals: ['111122223333'] });
  const receiver = new Receiver(stack, id('Receiver'));
  const ingress = new ApiGatewayIngress(stack, id('Ingress'), { ipSets, handler: receiver.function });
  new AlbIngress(stack, id('Alb'), {
    ipSets,
    handler: receiver.function,
    domainName: 'hooks.example.com',
    certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0f1e2d3c',
  });
  new WebAclRules(stack, id('Rules'), { ipSets });
  const sync = new AllowlistSync(stack, id('Sync'), { owner: id('team') });
  const widget = new AllowlistWidget(stack, id('Widget'), { sync });
  const alarms = new Alarms(stack, id('Alarms'), { sync, receiver, ingress });
  new SavedQueries(stack, id('Queries'), { syncLog: sync.logGroup });
  new OverviewDashboard(stack, id('Dashboard'), { sync, ipSets, receiver, ingress, alarms, widget });
}

/** Names that AWS allows only once in an account and Region, by type. */
const UNIQUE_NAMES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::Events::Archive': 'ArchiveName',
  'AWS::Events::EventBus': 'Name',
  'AWS::KinesisFirehose::DeliveryStream': 'DeliveryStreamName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Logs::QueryDefinition': 'Name',
  'AWS::WAFv2::RuleGroup': 'Name',
  'AWS::WAFv2::WebACL': 'Name',
  'Custom::IntercomAllowlistIpSet': 'Name',
  'Custom::IntercomAllowlistPrefixList': 'Name',
};

it('two of every construct fit in one stack, without a name in common', () => {
  const stack = new Stack(newApp(), 'Team');
  addEverything(stack);
  addEverything(stack, '2');
  const resources = Object.values(resourcesOf(Template.fromStack(stack)));
  const names = resources.flatMap(({ Type, Properties }) => {
    const name = Properties?.[UNIQUE_NAMES[Type] ?? ''];
    return name === undefined ? [] : [`${Type} ${name}`];
  });
  expect(new Set(names.map((name) => name.split(' ')[0]))).toEqual(new Set(Object.keys(UNIQUE_NAMES)));
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

it('the observability constructs work with a sync alone', () => {
  const { stack, sync } = teamStack();
  const alarms = new Alarms(stack, 'Alarms', { sync });
  new OverviewDashboard(stack, 'Dashboard', { sync, alarms });
  new SavedQueries(stack, 'Queries', { syncLog: sync.logGroup });
  const template = Template.fromStack(stack);
  expect(alarms.all.length).toBeGreaterThan(0);
  const queries = Object.values(resourcesOf(template, 'AWS::Logs::QueryDefinition'));
  expect(new Set(queries.map(({ Properties }) => Properties.LogGroupNames[0]))).toEqual(new Set(['<AllowlistLogs>']));
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1);
});

it('AllowlistWidget grants viewing and acting separately', () => {
  const { stack, sync } = teamStack();
  const widget = new AllowlistWidget(stack, 'Widget', { sync });
  const role = (id: string) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() });
  widget.grantView(role('Viewer'));
  widget.grantActions(role('Operator'));
  expect(invokedBy(stack, 'ViewerDefaultPolicy')).toEqual(['<WidgetFunction.Arn>', '<WidgetFunction.Arn>:*']);
  expect(invokedBy(stack, 'OperatorDefaultPolicy')).toEqual(['<WidgetAction.Arn>', '<WidgetAction.Arn>:*']);
});

describe('existing resources', () => {
  const ARNS = { ipv4Arn: IP_SET, ipv6Arn: `${IP_SET}6` };

  it('IP sets can be guarded by a web ACL of this library or by rules in another one', () => {
    const stack = new Stack(newApp(), 'Team');
    const ipSets = IpSets.fromIpSetsAttributes(stack, 'IpSets', ARNS);
    new WebAcl(stack, 'Acl', { ipSets });
    const rules = WebAcl.allowRules(ipSets, { firstPriority: 7 });
    expect(rules.map(({ priority, action, statement }) => ({ priority, action, statement }))).toEqual([
      { priority: 7, action: { allow: {} }, statement: { ipSetReferenceStatement: { arn: ARNS.ipv4Arn } } },
      { priority: 8, action: { allow: {} }, statement: { ipSetReferenceStatement: { arn: ARNS.ipv6Arn } } },
    ]);
    const [acl] = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::WAFv2::WebACL'));
    expect(acl?.Properties.Rules[0].Statement).toEqual({ IPSetReferenceStatement: { Arn: ARNS.ipv4Arn } });
  });

  it('IP sets are rejected if an ARN is not that of an IP set', () => {
    const stack = new Stack(newApp(), 'Team');
    expect(() => IpSets.fromIpSetsAttributes(stack, 'IpSets', { ...ARNS, ipv6Arn: 'v6' })).toThrow(InvalidConfigError);
  });

  it('a secret with the client secret replaces the one of the receiver', () => {
    const stack = new Stack(newApp(), 'Team');
    const clientSecret = Secret.fromSecretNameV2(stack, 'Existing', 'intercom');
    const receiver = new Receiver(stack, 'Receiver', { clientSecret });
    expect(receiver.clientSecret).toBe(clientSecret);
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    const { PolicyDocument } =
      resourcesOf(template, 'AWS::IAM::Policy').ReceiverFunctionRoleDefaultPolicy?.Properties ?? {};
    expect(PolicyDocument.Statement).toContainEqual(
      expect.objectContaining({
        Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
        Resource: expect.stringMatching(/:secret:intercom-\?\?\?\?\?\?$/),
      }),
    );
  });
});

it('the library needs nothing at run time but aws-cdk-lib, constructs and Node.js', () => {
  const { metafile } = buildSync({
    entryPoints: [join(__dirname, '..', '..', 'lib', 'index.ts')],
    bundle: true,
    platform: 'node',
    packages: 'external',
    metafile: true,
    write: false,
  });
  const imported = Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  const packages = new Set(imported.map(({ path }) => path.split('/')[0]));
  expect([...packages].filter((name) => !name?.startsWith('node:')).sort()).toEqual(['aws-cdk-lib', 'constructs']);
});

describe('a metric method', () => {
  const { stack, sync } = teamStack();
  const acl = new WebAcl(stack, 'Acl', { name: 'team', ipSets: new IpSets(stack, 'IpSets', { name: 'team' }) });

  it.each([
    ['metricGoodRuns', sync.metricGoodRuns(), 'IntercomAllowlist', 'GoodRuns'],
    [
      'metricRangesAwaitingApproval',
      sync.metricRangesAwaitingApproval(),
      'IntercomAllowlist',
      'RangesAwaitingApproval',
    ],
    ['metricUntrustedFeeds', sync.metricUntrustedFeeds(), 'IntercomAllowlist', 'UntrustedFeeds'],
    ['metricTargetFailures', sync.metricTargetFailures(), 'IntercomAllowlist', 'TargetFailures'],
    ['metricAllowed', acl.metricAllowed(), 'AWS/WAFV2', 'AllowedRequests'],
    ['metricBlocked', acl.metricBlocked(), 'AWS/WAFV2', 'BlockedRequests'],
  ])('%s returns the metric that the function publishes', (_method, metric, namespace, metricName) => {
    expect(metric).toMatchObject({ namespace, metricName, statistic: 'Sum' });
  });

  it('of AlbIngress returns the metric of its load balancer', () => {
    const ingress = addStack(newApp(ALB)).node.findChild('Ingress') as AlbIngress;
    expect(ingress.metricUnhealthyTargets()).toMatchObject({ metricName: 'UnHealthyHostCount', statistic: 'Maximum' });
    expect(ingress.metricLoadBalancerErrors()).toMatchObject({
      metricName: 'HTTPCode_ELB_5XX_Count',
      statistic: 'Sum',
    });
  });

  it('prefers the options of the caller to its defaults', () => {
    expect(acl.metricBlocked({ period: Duration.minutes(1), statistic: 'Maximum' })).toMatchObject({
      period: Duration.minutes(1),
      statistic: 'Maximum',
    });
  });
});
