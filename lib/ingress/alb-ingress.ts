import { Stack } from 'aws-cdk-lib';
import { EndpointType } from 'aws-cdk-lib/aws-apigateway';
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
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

import { acknowledge } from '../acknowledge';
import { customResourceProvider } from '../custom-resource-provider';
import { ApiAccessLog } from './api-access-log';
import type { Ingress, IngressProps } from './ingress';
import { LoadBalancerLog } from './load-balancer-log';
import { findNetwork, type IngressNetwork, makeNetwork } from './network';
import { PrivateEndpoint } from './private-endpoint';
import { WebAcl } from './web-acl';
import { WEBHOOK_URL_PATH, WebhookApi } from './webhook-api';

export interface AlbIngressProps extends IngressProps {
  /** Host name of the webhook. */
  readonly domainName: string;
  /** ARN of the ACM certificate for it, in the stack's Region. */
  readonly certificateArn: string;
  /** Id of a VPC that exists. @default - a small VPC is made */
  readonly vpcId?: string | undefined;
  /** Id of the Route 53 hosted zone that gets the host name's alias records. @default - none are made */
  readonly hostedZoneId?: string | undefined;
  /**
   * Prefix lists that the security group refers to, by one rule each.
   *
   * @default - none: the group has no rules until it is a target of a sync, `AllowlistTarget.securityGroup`
   */
  readonly prefixListIds?: readonly string[];
}

/**
 * An internet-facing load balancer whose security group and web ACL both admit only the allowlist, before a private REST API
 * that only its interface endpoint can call.
 *
 *     Intercom -> security group -> web ACL -> load balancer -> interface endpoint -> private API -> receiver
 */
export class AlbIngress extends Construct implements Ingress {
  readonly webhookUrl: string;
  readonly webAcl: WebAcl;
  readonly api: WebhookApi;
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly securityGroup: SecurityGroup;
  readonly #targets: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: AlbIngressProps) {
    super(scope, id);
    const { name, ipSets, handler, domainName, vpcId, hostedZoneId, prefixListIds = [] } = props;
    const { serviceToken } = this.provideLookups(vpcId);
    // Nothing can move from one VPC to another: for another one all of this is made anew, and then the old goes.
    const path = new Construct(this, vpcId ?? 'OwnVpc');
    const network = vpcId ? findNetwork(path, vpcId, serviceToken) : makeNetwork(path);
    const endpoint = new PrivateEndpoint(path, 'Endpoint', { network, serviceToken });
    this.api = new WebhookApi(path, 'Api', {
      name,
      handler,
      accessLog: new ApiAccessLog(this, 'AccessLog'),
      endpoint: { endpointConfiguration: { types: [EndpointType.PRIVATE] }, policy: endpoint.onlyFromHere },
    });
    acknowledge(this.api, { APIG3: 'The web ACL guards the load balancer, which sees who really calls' });
    this.securityGroup = closedGroup(path, network, prefixListIds);
    this.securityGroup.connections.allowTo(endpoint.securityGroup, Port.HTTPS, 'To the private API');
    this.loadBalancer = internetFacing(path, network, this.securityGroup);
    this.#targets = forward(path, this.loadBalancer, { ...props, network, endpoint, api: this.api });

    this.webAcl = new WebAcl(this, 'WebAcl', { name, ipSets });
    new CfnWebACLAssociation(this, 'Association', {
      webAclArn: this.webAcl.attrArn,
      resourceArn: this.loadBalancer.loadBalancerArn,
    });
    if (hostedZoneId) this.addRecords(domainName, hostedZoneId);
    this.webhookUrl = `https://${domainName}${WEBHOOK_URL_PATH}`;
  }

  /** Addresses of the endpoint that the load balancer can't reach: two are all. @default - the maximum over 5 minutes */
  metricUnhealthyTargets(options?: MetricOptions): IMetric {
    return this.#targets.metrics.unhealthyHostCount({ statistic: Stats.MAXIMUM, ...options });
  }

  /** Requests to which the load balancer itself answered an error: Intercom sends each once more, then never. */
  metricLoadBalancerErrors(options?: MetricOptions): IMetric {
    return this.loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, options);
  }

  private provideLookups(vpcId: string | undefined) {
    const ofVpc = ['ec2:DescribeSubnets', 'ec2:DescribeRouteTables', 'ec2:DescribeVpcEndpointServices'];
    const provider = customResourceProvider(this, 'Lookups', {
      bundle: 'network',
      description: 'Looks up subnets of a VPC and the addresses of an endpoint',
      statements: [
        new PolicyStatement({
          actions: ['ec2:DescribeNetworkInterfaces', ...(vpcId ? ofVpc : [])],
          resources: ['*'],
        }),
      ],
    });
    acknowledge(this, { 'IAM5[Resource::*]': 'Describe calls of EC2 know no resources' });
    return provider;
  }

  private addRecords(domainName: string, hostedZoneId: string): void {
    const record = {
      // With a final dot it is the whole name, and the zone's need not be known.
      recordName: `${domainName}.`,
      zone: HostedZone.fromHostedZoneId(this, 'Zone', hostedZoneId),
      target: RecordTarget.fromAlias(new LoadBalancerTarget(this.loadBalancer)),
    };
    new ARecord(this, 'Ipv4Record', record);
    // Answers nothing where the load balancer has IPv4 only.
    new AaaaRecord(this, 'Ipv6Record', record);
  }
}

/**
 * A group that refers to prefix lists is another one, by its logical id, than one in which a sync makes a rule for each range:
 * those rules must not outlive the switch. It carries no discovery tag: the syncs of other stacks have no business in it.
 */
function closedGroup(scope: Construct, { vpc }: IngressNetwork, prefixListIds: readonly string[]): SecurityGroup {
  const id = prefixListIds.length > 0 ? 'ReferringSecurityGroup' : 'SecurityGroup';
  const group = new SecurityGroup(scope, id, {
    vpc,
    description: 'Lets Intercom webhooks in. What it lets in belongs to the sync of the Intercom allowlist',
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
  // Not by logAccessLogs(): it asks for the Region at synthesis.
  const logs = new LoadBalancerLog(scope, 'Log');
  loadBalancer.setAttribute('access_logs.s3.enabled', 'true');
  loadBalancer.setAttribute('access_logs.s3.bucket', logs.bucketName);
  // The load balancer tries the bucket before it exists itself.
  if (logs.policy) loadBalancer.node.addDependency(logs.policy);
  return loadBalancer;
}

interface ForwardProps extends AlbIngressProps {
  readonly network: IngressNetwork;
  readonly endpoint: PrivateEndpoint;
  readonly api: WebhookApi;
}

/** HTTPS only; the webhook's two methods at its one path go to the private API, and all else is answered 404. */
function forward(scope: Construct, loadBalancer: ApplicationLoadBalancer, props: ForwardProps): ApplicationTargetGroup {
  const { domainName, certificateArn, network, endpoint, api } = props;
  const listener = loadBalancer.addListener('Https', {
    port: 443,
    protocol: ApplicationProtocol.HTTPS,
    sslPolicy: SslPolicy.TLS13_RES,
    certificates: [ListenerCertificate.fromArn(certificateArn)],
    // The security group lets the allowlist in and nobody else.
    open: false,
    defaultAction: ListenerAction.fixedResponse(404),
  });
  const targets = new ApplicationTargetGroup(scope, 'Targets', {
    vpc: network.vpc,
    targetType: TargetType.IP,
    protocol: ApplicationProtocol.HTTPS,
    port: 443,
    targets: endpoint.addresses.map((address) => new IpTarget(address, 443)),
    // A health check can't name an API in its Host header, and to such a request API Gateway answers 403: it is there.
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
  // API Gateway finds the API by the Host header.
  const { region, urlSuffix } = Stack.of(scope);
  const Replace = `${api.restApiId}.execute-api.${region}.${urlSuffix}`;
  (rule.node.defaultChild as CfnListenerRule).transforms = [
    { type: 'host-header-rewrite', hostHeaderRewriteConfig: { rewrites: [{ regex: '^.+$', replace: Replace }] } },
  ];
  return targets;
}
