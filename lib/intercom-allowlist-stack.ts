import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type AlbConfig, type Config, isAlb } from './config';
import { AlbIngress } from './ingress/alb-ingress';
import { ApiGatewayIngress } from './ingress/api-gateway-ingress';
import { Alarms } from './observability/alarms';
import { AllowlistWidget } from './observability/allowlist-widget';
import { OverviewDashboard } from './observability/overview-dashboard';
import { SavedQueries } from './observability/saved-queries';
import { Receiver } from './receiver/receiver';
import { AllowlistSync } from './sync/allowlist-sync';
import { AllowlistTarget } from './sync/allowlist-target';
import { IpSets } from './sync/ip-sets';
import { PrefixLists } from './sync/prefix-lists';

export interface IntercomAllowlistStackProps extends StackProps {
  readonly config: Config;
}

/** The whole app: sync, receiver, ingress and observability. Every name starts with the stack's, so two stacks never collide. */
export class IntercomAllowlistStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: IntercomAllowlistStackProps) {
    super(scope, id, {
      description: "Keeps AWS WAF IP sets and security groups equal to Intercom's published webhook ranges",
      ...props,
      stackName: config.stackName,
    });
    const name = config.stackName;
    const ipSets = new IpSets(this, 'IpSets', { name });
    const lists = prefixListsOf(this, config);
    const receiver = new Receiver(this, 'Receiver', { name });
    const ingressProps = { name, ipSets, handler: receiver.function };
    const alb = isAlb(config)
      ? new AlbIngress(this, 'Ingress', { ...albPropsOf(config, lists), ...ingressProps })
      : undefined;
    const ingress = alb ?? new ApiGatewayIngress(this, 'Ingress', ingressProps);
    const exclusive = [
      ...ipSets.arns.map((arn) => AllowlistTarget.ipSet(arn, EXCLUSIVE)),
      ...(lists?.ids ?? []).map((prefixListId) => AllowlistTarget.prefixListId(prefixListId, EXCLUSIVE)),
      ...(alb && config.prefixLists !== 'create-and-reference'
        ? [AllowlistTarget.securityGroup(alb.securityGroup, EXCLUSIVE)]
        : []),
    ];
    const sync = new AllowlistSync(this, 'Sync', {
      owner: name,
      targets: [...exclusive, ...namedTargetsOf(config)],
      intercomRegions: [...config.intercomRegions],
      feedBaseUrl: config.feedBaseUrl,
      removalGrace: Duration.hours(config.removalGraceHours),
      maxRemovalShare: config.maxRemovalShare,
      rulesPerSecurityGroup: config.rulesPerSecurityGroup,
    });
    // The sync fills a new security group before the load balancer uses it, and an API is guarded before the sync allows anyone.
    if (alb) sync.afterDeploy.executeBefore(alb.loadBalancer);
    else sync.afterDeploy.executeAfter(ingress);
    const widget = new AllowlistWidget(this, 'Widget', { sync });
    const alarms = new Alarms(this, 'Alarms', { name, sync, receiver, ingress, email: config.alarmEmail });
    new SavedQueries(this, 'Queries', {
      folder: name,
      syncLog: sync.logGroup,
      receiverLog: receiver.logGroup,
      blockedRequestsLog: ingress.webAcl.log,
    });
    const dashboard = new OverviewDashboard(this, 'Overview', {
      name,
      sync,
      ipSets,
      receiver,
      ingress,
      alarms,
      widget,
    });

    const outputs = {
      WebhookUrl: ingress.webhookUrl,
      SyncFunctionName: sync.function.functionName,
      StateTableName: sync.stateTable.tableName,
      ClientSecretArn: receiver.clientSecret.secretArn,
      EventBusName: receiver.bus.eventBusName,
      OverflowQueueUrl: receiver.overflowQueue.queueUrl,
      OverflowBucketName: receiver.overflowBucket.bucketName,
      DashboardUrl: dashboard.url,
      WidgetFunctionName: widget.function.functionName,
      WidgetActionFunctionName: widget.actionFunction.functionName,
      Ipv4IpSetArn: ipSets.ipv4Arn,
      Ipv6IpSetArn: ipSets.ipv6Arn,
      ...(lists && { Ipv4PrefixListId: lists.ipv4Id, Ipv6PrefixListId: lists.ipv6Id }),
      ...(alb && {
        SecurityGroupId: alb.securityGroup.securityGroupId,
        LoadBalancerDnsName: alb.loadBalancer.loadBalancerDnsName,
      }),
    };
    for (const [key, value] of Object.entries(outputs)) new CfnOutput(this, key, { value });
  }
}

const EXCLUSIVE = { exclusive: true } as const;

function prefixListsOf(scope: Construct, { stackName, prefixLists, prefixListMaxEntries }: Config) {
  if (prefixLists === 'none') return undefined;
  return new PrefixLists(scope, 'PrefixLists', { name: stackName, maxEntries: prefixListMaxEntries });
}

function albPropsOf(config: Config & AlbConfig, lists: PrefixLists | undefined) {
  const { domainName, certificateArn, vpcId, hostedZoneId } = config;
  const prefixListIds = config.prefixLists === 'create-and-reference' && lists ? lists.ids : [];
  return { domainName, certificateArn, vpcId, hostedZoneId, prefixListIds };
}

/** The targets that the configuration names. */
function namedTargetsOf({ ipSetArns, securityGroupIds, prefixListIds, ports }: Config): AllowlistTarget[] {
  return [
    ...ipSetArns.map((arn) => AllowlistTarget.ipSet(arn)),
    ...securityGroupIds.map((securityGroupId) =>
      AllowlistTarget.securityGroupId(securityGroupId, { ports: [...ports] }),
    ),
    ...prefixListIds.map((prefixListId) => AllowlistTarget.prefixListId(prefixListId)),
  ];
}
