import { Stack } from 'aws-cdk-lib';
import { EndpointType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { type IMetric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationListenerRule,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  type CfnListenerRule,
  type CfnLoadBalancer,
  HttpCodeElb,
  HttpCodeTarget,
  ListenerAction,
  ListenerCertificate,
  ListenerCondition,
  Protocol,
  SslPolicy,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IpTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { LoadBalancerTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';

import { acknowledge } from '../acknowledge';
import { customResourceProvider } from '../custom-resource-provider';
import { physicalName } from '../physical-name';
import { AllowlistGuard } from '../sync/allowlist-guard';
import { ApiAccessLog } from './api-access-log';
import type { IIngress, IngressProps } from './ingress';
import { LoadBalancerLog } from './load-balancer-log';
import { findNetwork, type IngressNetwork, makeNetwork } from './network';
import { PrivateEndpoint } from './private-endpoint';
import { WebAcl } from './web-acl';
import { WEBHOOK_URL_PATH, WebhookApi } from './webhook-api';

/** Properties of `AlbIngress`. */
export interface AlbIngressProps extends IngressProps {
  /** Host name of the webhook. */
  readonly domainName: string;
  /** ARN of the ACM certificate for the host name, in the stack's AWS Region. */
  readonly certificateArn: string;
  /**
   * Id of an existing VPC with public subnets in at least two Availability Zones.
   *
   * @default - a small new VPC
   */
  readonly vpcId?: string | undefined;
  /**
   * Id of the Route 53 hosted zone for the alias records of the host name.
   *
   * @default - no records
   */
  readonly hostedZoneId?: string | undefined;
  /**
   * Prefix lists that the security group references, by one rule each.
   *
   * @default - none; the security group has no rules until it is a target of a sync, `AllowlistTarget.securityGroup()`
   */
  readonly prefixListIds?: string[] | undefined;
}

/**
 * An internet-facing load balancer in front of a private REST API. Its security group and its web ACL both allow only the allowlist,
 * and only its interface endpoint can call the API.
 *
 *     Intercom -> security group -> web ACL -> load balancer -> interface endpoint -> private API -> receiver
 */
export class AlbIngress extends Construct implements IIngress {
  public readonly webhookUrl: string;
  public readonly webAcl: WebAcl;
  public readonly api: RestApi;
  /** The load balancer. */
  public readonly loadBalancer: ApplicationLoadBalancer;
  /** The security group of the load balancer. */
  public readonly securityGroup: SecurityGroup;
  public readonly protectedArn: string;
  public readonly guards: AllowlistGuard[];
  readonly #targets: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: AlbIngressProps) {
    super(scope, id);
    const { ipSets, handler, domainName, vpcId, hostedZoneId, prefixListIds = [] } = props;
    const name = physicalName(this, props.name);
    const { serviceToken } = this.provideLookups(vpcId);
    // None of these resources can move to another VPC, so a change of the VPC replaces all of them.
    const path = new Construct(this, vpcId ?? 'OwnVpc');
    const network = vpcId ? findNetwork(path, vpcId, serviceToken) : makeNetwork(path, serviceToken);
    const endpoint = new PrivateEndpoint(path, 'Endpoint', { network, serviceToken });
    this.api = new WebhookApi(path, 'Api', {
      name,
      handler,
      accessLog: new ApiAccessLog(this, 'AccessLog'),
      endpoint: { endpointConfiguration: { types: [EndpointType.PRIVATE] }, policy: endpoint.onlyFromHere },
    });
    acknowledge(this.api, { APIG3: 'The web ACL guards the load balancer, which sees the real source address' });
    this.securityGroup = closedGroup(path, network, prefixListIds);
    this.securityGroup.connections.allowTo(endpoint.securityGroup, Port.HTTPS, 'To the private API');
    this.loadBalancer = internetFacing(path, network, this.securityGroup);
    this.#targets = forward(path, this.loadBalancer, { ...props, network, endpoint, api: this.api });

    this.protectedArn = this.loadBalancer.loadBalancerArn;
    this.guards = this.guardsOf(endpoint, prefixListIds);
    this.webAcl = new WebAcl(this, 'WebAcl', { name, ipSets, mode: props.webAclMode, countTooLarge: true });
    this.webAcl.associate('Association', this.protectedArn);
    if (hostedZoneId) this.addRecords(domainName, hostedZoneId);
    this.webhookUrl = `https://${domainName}${WEBHOOK_URL_PATH}`;
  }

  /** Addresses of the endpoint that the load balancer cannot reach, at most two. @default - the maximum over 5 minutes */
  public metricUnhealthyTargets(options?: MetricOptions): IMetric {
    return this.#targets.metrics.unhealthyHostCount({ statistic: Stats.MAXIMUM, ...options });
  }

  /** Requests for which the load balancer itself returned an error. Intercom retries each one once. @default - the sum over 5 minutes */
  public metricLoadBalancerErrors(options?: MetricOptions): IMetric {
    return this.loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, options);
  }

  /** Requests that the API answered with 5xx, those that it throttled included. @default - the sum over 5 minutes */
  public metricTargetErrors(options?: MetricOptions): IMetric {
    return this.loadBalancer.metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, options);
  }

  private guardsOf(endpoint: PrivateEndpoint, prefixListIds: readonly string[]): AllowlistGuard[] {
    const [listener] = this.loadBalancer.listeners;
    const { securityGroupId } = this.securityGroup;
    return [
      AllowlistGuard.apiStage(this.api, endpoint.vpcEndpointId),
      ...(listener
        ? [AllowlistGuard.loadBalancer(this.loadBalancer, listener, [this.securityGroup], hostNameOf(this.api))]
        : []),
      AllowlistGuard.securityGroup(endpoint.securityGroup, [securityGroupId]),
      // Otherwise the group is a target, which the sync reads anyway.
      ...(prefixListIds.length > 0 ? [AllowlistGuard.securityGroup(this.securityGroup, [...prefixListIds])] : []),
    ];
  }

  private provideLookups(vpcId: string | undefined) {
    const always = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcEndpointServices'];
    const ofVpc = ['ec2:DescribeSubnets', 'ec2:DescribeRouteTables'];
    const provider = customResourceProvider(this, 'Lookups', {
      bundle: 'network',
      description: 'Looks up zones and subnets for the ingress, and the addresses of its endpoint',
      statements: [
        new PolicyStatement({
          actions: [...always, ...(vpcId ? ofVpc : [])],
          resources: ['*'],
        }),
      ],
    });
    acknowledge(this, { 'IAM5[Resource::*]': "EC2's Describe calls have no resource-level permissions" });
    return provider;
  }

  private addRecords(domainName: string, hostedZoneId: string): void {
    const record = {
      // The final dot makes it a full name, so the name of the zone need not be known.
      recordName: `${domainName}.`,
      zone: HostedZone.fromHostedZoneId(this, 'Zone', hostedZoneId),
      target: RecordTarget.fromAlias(new LoadBalancerTarget(this.loadBalancer)),
    };
    new ARecord(this, 'Ipv4Record', record);
    // Resolves to nothing if the load balancer has IPv4 only.
    new AaaaRecord(this, 'Ipv6Record', record);
  }
}

/**
 * A group that references prefix lists has another logical id than one in which a sync adds a rule for each range, because those rules
 * must not outlive a switch. It has no discovery tag, so the syncs of other stacks ignore it.
 */
function closedGroup(scope: Construct, { vpc }: IngressNetwork, prefixListIds: readonly string[]): SecurityGroup {
  const id = prefixListIds.length > 0 ? 'ReferringSecurityGroup' : 'SecurityGroup';
  const group = new SecurityGroup(scope, id, {
    vpc,
    description: 'Allows Intercom webhooks. The sync of the Intercom allowlist manages its rules',
    allowAllOutbound: false,
  });
  for (const list of prefixListIds) group.addIngressRule(Peer.prefixList(list), Port.HTTPS, 'Intercom webhooks');
  return group;
}

function internetFacing(
  scope: Construct,
  network: IngressNetwork,
  securityGroup: SecurityGroup,
): ApplicationLoadBalancer {
  const { vpc, subnets, ipAddressType } = network;
  const loadBalancer = new ApplicationLoadBalancer(scope, 'LoadBalancer', {
    vpc,
    vpcSubnets: { subnets: [...subnets] },
    internetFacing: true,
    securityGroup,
    dropInvalidHeaderFields: true,
  });
  (loadBalancer.node.defaultChild as CfnLoadBalancer).ipAddressType = ipAddressType;
  // Not with logAccessLogs(), which requires the Region at synthesis.
  const logs = new LoadBalancerLog(scope, 'Log');
  loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
  loadBalancer.setAttribute('access_logs.s3.bucket', logs.bucketName);
  // AWS tests the bucket while it creates the load balancer.
  if (logs.policy) loadBalancer.node.addDependency(logs.policy);
  return loadBalancer;
}

interface ForwardProps extends AlbIngressProps {
  readonly network: IngressNetwork;
  readonly endpoint: PrivateEndpoint;
  readonly api: RestApi;
}

/** HTTPS only. The two methods of the webhook's path go to the private API; every other request gets 404. */
function forward(scope: Construct, loadBalancer: ApplicationLoadBalancer, props: ForwardProps): ApplicationTargetGroup {
  const { domainName, certificateArn, network, endpoint, api } = props;
  const listener = loadBalancer.addListener('Https', {
    port: 443,
    protocol: ApplicationProtocol.HTTPS,
    sslPolicy: SslPolicy.TLS13_RES,
    certificates: [ListenerCertificate.fromArn(certificateArn)],
    // Only the allowlist may open the security group.
    open: false,
    defaultAction: ListenerAction.fixedResponse(404),
  });
  const targets = new ApplicationTargetGroup(scope, 'Targets', {
    vpc: network.vpc,
    targetType: TargetType.IP,
    protocol: ApplicationProtocol.HTTPS,
    port: 443,
    targets: endpoint.addresses.map((address) => new IpTarget(address, 443)),
    // A health check cannot name an API in its Host header. API Gateway returns 403 for such a request, which shows that it is up.
    healthCheck: { protocol: Protocol.HTTPS, path: '/', healthyHttpCodes: '403' },
  });
  const rule = new ApplicationListenerRule(scope, 'Webhook', {
    listener,
    priority: 1,
    conditions: [
      ListenerCondition.hostHeaders([domainName]),
      ListenerCondition.pathPatterns([WEBHOOK_URL_PATH]),
      ListenerCondition.httpRequestMethods(['HEAD', 'POST']),
    ],
    action: ListenerAction.forward([targets]),
  });
  (rule.node.defaultChild as CfnListenerRule).transforms = [
    {
      type: 'host-header-rewrite',
      hostHeaderRewriteConfig: { rewrites: [{ regex: '^.+$', replace: hostNameOf(api) }] },
    },
  ];
  return targets;
}

/** API Gateway finds a private API by the Host header. */
function hostNameOf(api: RestApi): string {
  const { region, urlSuffix } = Stack.of(api);
  return `${api.restApiId}.execute-api.${region}.${urlSuffix}`;
}
