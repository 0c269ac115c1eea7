import { type App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PrefixList, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { parseTargets } from '../../lambda/shared/parse-targets';
import {
  type AlbIngress,
  AllowlistSync,
  type AllowlistSyncProps,
  AllowlistTarget,
  ApiGatewayIngress,
  IpSets,
  PrefixLists,
  Receiver,
  WebAcl,
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
      STACK_NAME: 'Team',
      INTERCOM_REGIONS: 'us,eu,au',
      FEED_BASE_URL: 'https://static.intercomcdn.com/intercom-ips',
      STATE_TABLE: '<AllowlistState>',
      TARGETS: '[]',
      REMOVAL_GRACE_HOURS: '24',
      MAX_REMOVAL_SHARE: '0.5',
      RULES_PER_SECURITY_GROUP: '60',
    });
  });

  it('treats an undefined property as its default', () => {
    const undefinedProps = {
      feedBaseUrl: undefined,
      intercomRegions: undefined,
      name: undefined,
      removalGraceHours: undefined,
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
      AllowlistTarget.securityGroup({ securityGroupId: 'sg-12345678' }, { exclusive: true }),
      AllowlistTarget.ipSet(IP_SET, { exclusive: true }),
      AllowlistTarget.prefixList(list),
    ];
    new AllowlistSync(stack, 'Allowlist', { targets, name: 'mine', intercomRegions: ['eu'] });
    expect(environmentOf(stack)).toMatchObject({
      STACK_NAME: 'mine',
      INTERCOM_REGIONS: 'eu',
    });
    expect(parseTargets(environmentOf(stack).TARGETS ?? '', 'TARGETS')).toEqual([
      { kind: 'security-group', id: '<Group.GroupId>', exclusive: false, ports: [443, 8443] },
      { kind: 'security-group', id: 'sg-12345678', exclusive: true, ports: [443] },
      { kind: 'ip-set', id: IP_SET, exclusive: true, ports: [] },
      { kind: 'prefix-list', id: 'pl-12345678', exclusive: false, ports: [] },
    ]);
  });

  it.each<[what: string, props: AllowlistSyncProps]>([
    ['a feed URL without TLS', { feedBaseUrl: 'http://static.intercomcdn.com' }],
    ['a negative grace period', { removalGraceHours: -1 }],
    ['a removal share above 1', { maxRemovalShare: 1.5 }],
    ['a quota that is no whole number', { rulesPerSecurityGroup: 60.5 }],
  ])('rejects %s', (_what, props) => {
    expect(() => teamStack(props)).toThrow(InvalidConfigError);
  });

  it.each([[[0]], [[65536]], [[]], [[443.5]]])('rejects the ports %j', (ports) => {
    expect(() => AllowlistTarget.securityGroup({ securityGroupId: 'sg-1' }, { ports })).toThrow(InvalidConfigError);
  });

  it('has no cdk-nag finding that is not acknowledged', () => {
    const app = newApp();
    teamStack({ targets: [AllowlistTarget.ipSet(IP_SET)] }, app);
    expect(findingsIn(app)).toEqual([]);
  });
});

it('all parts of the stack can be combined in another app', () => {
  const { stack } = teamStack();
  const ipSets = new IpSets(stack, 'IpSets', { name: 'team' });
  new PrefixLists(stack, 'Lists', { name: 'team' });
  const receiver = new Receiver(stack, 'Receiver', { name: 'team', archiveRetention: Duration.days(1) });
  const ingress = new ApiGatewayIngress(stack, 'Ingress', { name: 'team', ipSets, handler: receiver.function });
  expect(stack.resolve(ingress.webhookUrl)).toBeDefined();
  expect(resourcesOf(Template.fromStack(stack), 'Custom::IntercomAllowlistPrefixList').ListsIPv4?.Properties).toEqual(
    expect.objectContaining({ Name: 'team-v4', AddressFamily: 'IPv4', MaxEntries: 30 }),
  );
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
