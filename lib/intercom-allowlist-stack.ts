import { Annotations, CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { DISCOVERY_TAG } from '../lambda/shared/constants';
import { type AlbConfig, type Config, isAlb, needsIpSets } from './config';
import { AlbIngress } from './ingress/alb-ingress';
import { ApiGatewayIngress } from './ingress/api-gateway-ingress';
import { WebAcl } from './ingress/web-acl';
import { WebAclAssociations } from './ingress/web-acl-associations';
import { WebAclRules } from './ingress/web-acl-rules';
import { Alarms } from './observability/alarms';
import { AllowlistWidget } from './observability/allowlist-widget';
import { ChangeMessages } from './observability/change-messages';
import { OverviewDashboard } from './observability/overview-dashboard';
import { SavedQueries } from './observability/saved-queries';
import { Receiver } from './receiver/receiver';
import { AllowlistGuard } from './sync/allowlist-guard';
import { AllowlistSync } from './sync/allowlist-sync';
import { AllowlistTarget } from './sync/allowlist-target';
import { IpSets, WafScope } from './sync/ip-sets';
import { PrefixListShare } from './sync/prefix-list-share';
import { PrefixLists } from './sync/prefix-lists';

export interface IntercomAllowlistStackProps extends StackProps {
  readonly config: Config;
}

/** The app's stack. Every physical name in it starts with the name of the stack, so two stacks never collide. */
export class IntercomAllowlistStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: IntercomAllowlistStackProps) {
    super(scope, id, {
      description: "Keeps AWS WAF IP sets and security groups equal to Intercom's published webhook ranges",
      ...props,
      stackName: config.stackName,
    });
    const name = config.stackName;
    const ipSets = needsIpSets(config) ? new IpSets(this, 'IpSets', { name }) : undefined;
    const cloudFrontIpSets =
      config.cloudFrontIpSets === 'create'
        ? new IpSets(this, 'CloudFrontIpSets', { name, wafScope: WafScope.CLOUDFRONT })
        : undefined;
    const lists = prefixListsOf(this, config);
    const webhook = ipSets && config.ingress !== 'none' ? webhookOf(this, config, ipSets, lists) : undefined;
    const changes = new ChangeMessages(this, 'Changes', { name, email: config.changeEmail });
    const sync = new AllowlistSync(this, 'Sync', {
      owner: name,
      intercomRegions: [...config.intercomRegions],
      extraRanges: [...config.extraRanges],
      feedBaseUrl: config.feedBaseUrl,
      removalGrace: Duration.hours(config.removalGraceHours),
      maxRemovalShare: config.maxRemovalShare,
      rulesPerSecurityGroup: config.rulesPerSecurityGroup,
      changesTopic: changes.topic,
      changeFormat: config.changeFormat,
      dashboardName: name,
      logRetention: config.logRetentionDays,
      targets: [...exclusiveTargetsOf(config, { ipSets, cloudFrontIpSets, lists, webhook }), ...namedTargetsOf(config)],
    });
    // The sync fills a new security group before the load balancer uses it, and an API is guarded before the sync allows anyone.
    if (webhook?.alb) sync.afterDeploy.executeBefore(webhook.alb.loadBalancer);
    else if (webhook) sync.afterDeploy.executeAfter(webhook.ingress);
    if (webhook) sync.scheduleAfter(webhook.ingress);
    const { webAcl, rules } = guardExisting(this, config, { ipSets, sync, webAcl: webhook?.ingress.webAcl });
    for (const guard of guardsOf(config, webhook, webAcl)) sync.addGuard(guard);
    const widget = new AllowlistWidget(this, 'Widget', { sync });
    const observed = { name, sync, ipSets, webAcl, receiver: webhook?.receiver, ingress: webhook?.ingress };
    const alarms = new Alarms(this, 'Alarms', { ...observed, email: config.alarmEmail });
    new SavedQueries(this, 'Queries', {
      folder: name,
      syncLog: sync.logGroup,
      receiverLog: webhook?.receiver.logGroup,
      blockedRequestsLog: webAcl?.log,
    });
    const dashboard = new OverviewDashboard(this, 'Overview', { ...observed, alarms, widget });

    this.#output({
      ...(webhook && webhookOutputs(webhook)),
      SyncFunctionName: sync.function.functionName,
      StateTableName: sync.stateTable.tableName,
      DashboardUrl: dashboard.url,
      ChangesTopicArn: changes.topic.topicArn,
      AlarmsTopicArn: alarms.topic.topicArn,
      WidgetFunctionName: widget.function.functionName,
      WidgetActionFunctionName: widget.actionFunction.functionName,
    });
    this.#outputForOtherStacks({
      ...(webAcl && { WebAclArn: webAcl.webAclArn }),
      ...(rules && { WebAclRuleGroupArn: rules.ruleGroupArn }),
      ...(ipSets && { Ipv4IpSetArn: ipSets.ipv4Arn, Ipv6IpSetArn: ipSets.ipv6Arn }),
      ...(cloudFrontIpSets && {
        CloudFrontIpv4IpSetArn: cloudFrontIpSets.ipv4Arn,
        CloudFrontIpv6IpSetArn: cloudFrontIpSets.ipv6Arn,
      }),
      ...(lists && { Ipv4PrefixListId: lists.ipv4Id, Ipv6PrefixListId: lists.ipv6Id }),
    });
    if (servesOnlyTagged(config)) {
      Annotations.of(this).addInfo(
        `The stack creates no target and names none: it serves only resources with the tag ${DISCOVERY_TAG}`,
      );
    }
  }

  #output(outputs: Readonly<Record<string, string>>): void {
    for (const [key, value] of Object.entries(outputs)) new CfnOutput(this, key, { value });
  }

  /** Also as SSM parameters, which Terraform and the templates of other teams can read. */
  #outputForOtherStacks(outputs: Readonly<Record<string, string>>): void {
    this.#output(outputs);
    for (const [key, stringValue] of Object.entries(outputs)) {
      new StringParameter(this, `${key}Parameter`, { parameterName: `/${this.stackName}/${key}`, stringValue });
    }
  }
}

/** The receiver and what stands before it. */
interface Webhook {
  readonly receiver: Receiver;
  readonly ingress: ApiGatewayIngress | AlbIngress;
  readonly alb: AlbIngress | undefined;
}

interface Created {
  readonly ipSets: IpSets | undefined;
  readonly cloudFrontIpSets: IpSets | undefined;
  readonly lists: PrefixLists | undefined;
  readonly webhook: Webhook | undefined;
}

function servesOnlyTagged(config: Config): boolean {
  const { prefixLists, cloudFrontIpSets } = config;
  return (
    !needsIpSets(config) && prefixLists === 'none' && cloudFrontIpSets === 'none' && namedTargetsOf(config).length === 0
  );
}

function prefixListsOf(scope: Construct, config: Config): PrefixLists | undefined {
  const { stackName: name, prefixLists, prefixListMaxEntries: maxEntries, shareWith } = config;
  if (prefixLists === 'none') return undefined;
  const lists = new PrefixLists(scope, 'PrefixLists', { name, maxEntries });
  if (shareWith.length > 0) new PrefixListShare(scope, 'PrefixListShare', { name, lists, principals: [...shareWith] });
  return lists;
}

function webhookOf(scope: Construct, config: Config, ipSets: IpSets, lists: PrefixLists | undefined): Webhook {
  const name = config.stackName;
  const receiver = new Receiver(scope, 'Receiver', { name });
  const props = { name, ipSets, handler: receiver.function, webAclMode: config.webAclMode };
  if (isAlb(config)) {
    const alb = new AlbIngress(scope, 'Ingress', { ...albPropsOf(config, lists), ...props });
    return { receiver, ingress: alb, alb };
  }
  return { receiver, ingress: new ApiGatewayIngress(scope, 'Ingress', props), alb: undefined };
}

interface Guarding {
  readonly ipSets: IpSets | undefined;
  readonly sync: AllowlistSync;
  /** That of the ingress. */
  readonly webAcl: WebAcl | undefined;
}

/** Puts the web ACL in front of endpoints that exist, and offers its rules to web ACLs that exist. */
function guardExisting(scope: Construct, config: Config, { ipSets, sync, webAcl: ofIngress }: Guarding) {
  const { stackName: name, webAclAssociations: resourceArns, webAclMode: mode, webAclRuleGroup } = config;
  if (!ipSets) return {};
  const rules = webAclRuleGroup === 'create' ? new WebAclRules(scope, 'WebAclRules', { name, ipSets }) : undefined;
  if (resourceArns.length === 0) return { webAcl: ofIngress, rules };
  // Under the path of an ingress: its name is unique, so a switch to or from an ingress must update it instead of replacing it.
  const webAcl = ofIngress ?? new WebAcl(new Construct(scope, 'Ingress'), 'WebAcl', { name, ipSets, mode });
  // The IP sets are full before an endpoint that is in use is guarded by them.
  const associations = new WebAclAssociations(scope, 'WebAclAssociations', { webAcl, resourceArns: [...resourceArns] });
  sync.afterDeploy.executeBefore(associations);
  sync.scheduleAfter(associations);
  return { webAcl, rules };
}

/** Everything that each run checks: one web ACL may be in front of several resources. */
function guardsOf({ webAclAssociations }: Config, webhook: Webhook | undefined, webAcl: WebAcl | undefined) {
  const protectedArns = [...(webhook ? [webhook.ingress.protectedArn] : []), ...webAclAssociations];
  return [
    ...(webAcl ? [AllowlistGuard.webAcl(webAcl, protectedArns)] : []),
    ...(webhook?.ingress.guards ?? []),
    ...(webhook ? [AllowlistGuard.receiver(webhook.receiver)] : []),
  ];
}

const EXCLUSIVE = { exclusive: true } as const;

function exclusiveTargetsOf(config: Config, { ipSets, cloudFrontIpSets, lists, webhook }: Created): AllowlistTarget[] {
  const group = config.prefixLists === 'create-and-reference' ? undefined : webhook?.alb?.securityGroup;
  return [
    ...[...(ipSets?.arns ?? []), ...(cloudFrontIpSets?.arns ?? [])].map((arn) => AllowlistTarget.ipSet(arn, EXCLUSIVE)),
    ...(lists?.ids ?? []).map((prefixListId) => AllowlistTarget.prefixListId(prefixListId, EXCLUSIVE)),
    ...(group ? [AllowlistTarget.securityGroup(group, EXCLUSIVE)] : []),
  ];
}

function albPropsOf(config: Config & AlbConfig, lists: PrefixLists | undefined) {
  const { domainName, certificateArn, vpcId, hostedZoneId } = config;
  const prefixListIds = config.prefixLists === 'create-and-reference' && lists ? lists.ids : [];
  return { domainName, certificateArn, vpcId, hostedZoneId, prefixListIds };
}

/** The targets that the operator names. */
function namedTargetsOf({ ipSetArns, securityGroupIds, prefixListIds, ports }: Config): AllowlistTarget[] {
  return [
    ...ipSetArns.map((arn) => AllowlistTarget.ipSet(arn)),
    ...securityGroupIds.map((securityGroupId) =>
      AllowlistTarget.securityGroupId(securityGroupId, { ports: [...ports] }),
    ),
    ...prefixListIds.map((prefixListId) => AllowlistTarget.prefixListId(prefixListId)),
  ];
}

function webhookOutputs({ receiver, ingress, alb }: Webhook): Record<string, string> {
  return {
    WebhookUrl: ingress.webhookUrl,
    ClientSecretArn: receiver.clientSecret.secretArn,
    EventBusName: receiver.bus.eventBusName,
    OverflowQueueUrl: receiver.overflowQueue.queueUrl,
    OverflowBucketName: receiver.overflowBucket.bucketName,
    ...(alb && {
      SecurityGroupId: alb.securityGroup.securityGroupId,
      LoadBalancerDnsName: alb.loadBalancer.loadBalancerDnsName,
    }),
  };
}
