import { Stack } from 'aws-cdk-lib';
import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IApplicationListener, IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { GuardSetting } from '../../lambda/shared/guards';
import type { WebAcl } from '../ingress/web-acl';
import { ANY_WEB_ACL, allow, loadBalancersIn, readAnyRuleGroup, readAnyWebAcl } from '../ingress/web-acl-permissions';
import type { Receiver } from '../receiver/receiver';

/** The permissions to read a guard, in addition to those of its kind. */
interface GuardReads {
  readonly statements?: PolicyStatement[];
  readonly grant?: (grantee: IGrantable) => void;
}

/** Something that makes the allowlist effective. Each run of an `AllowlistSync` checks it, and never changes it. */
export class AllowlistGuard {
  /** A web ACL, which must be in front of the resources with these ARNs: REST API stages and Application Load Balancers. */
  public static webAcl(webAcl: WebAcl, resourceArns: string[]): AllowlistGuard {
    const { webAclArn: id, mode, ipSets } = webAcl;
    return new AllowlistGuard({
      kind: 'web-acl',
      id,
      mode,
      protects: resourceArns,
      ipSets: [ipSets.ipv4Arn, ipSets.ipv6Arn],
    });
  }

  /**
   * A REST API and its stage.
   *
   * @param vpcEndpointId the only interface endpoint that may call a private API. @default - a public API
   */
  public static apiStage(api: RestApi, vpcEndpointId?: string): AllowlistGuard {
    const id = `${api.restApiId}/${api.deploymentStage.stageName}`;
    return new AllowlistGuard({
      kind: 'api-stage',
      id,
      ...(vpcEndpointId !== undefined && { vpcEndpoint: vpcEndpointId }),
    });
  }

  /**
   * A load balancer, its HTTPS listener, and the only security groups that it may have.
   *
   * @param hostName the host name to which the listener rewrites that of each request, such as the one of a private API
   */
  public static loadBalancer(
    loadBalancer: IApplicationLoadBalancer,
    listener: IApplicationListener,
    securityGroups: ISecurityGroup[],
    hostName?: string,
  ): AllowlistGuard {
    return new AllowlistGuard({
      kind: 'load-balancer',
      id: loadBalancer.loadBalancerArn,
      listener: listener.listenerArn,
      securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
      ...(hostName !== undefined && { hostName }),
    });
  }

  /** A security group that may admit only the prefix lists and security groups with these ids. */
  public static securityGroup(securityGroup: ISecurityGroup, admittedIds: string[]): AllowlistGuard {
    return new AllowlistGuard({ kind: 'security-group', id: securityGroup.securityGroupId, admits: admittedIds });
  }

  /** The receiver: its event bus, its client secret and its overflow queue. */
  public static receiver(receiver: Receiver): AllowlistGuard {
    const { bus, clientSecret, overflowQueue } = receiver;
    const { secretArn: secret } = clientSecret;
    const isOwn = clientSecret.node.scope === receiver;
    const setting = { kind: 'receiver', id: bus.eventBusName, secret, queue: overflowQueue.queueUrl } as const;
    return new AllowlistGuard(setting, {
      statements: [
        ...allow(['events:DescribeEventBus'], [bus.eventBusArn]),
        ...allow(['secretsmanager:GetSecretValue'], isOwn ? [secret] : []),
        ...allow(['sqs:GetQueueAttributes'], [overflowQueue.queueArn]),
      ],
      // A secret of the user may have a KMS key or no complete ARN, which its own grant handles.
      ...(!isOwn && { grant: (grantee) => clientSecret.grantRead(grantee) }),
    });
  }

  /** @internal */
  public readonly _setting: GuardSetting;
  readonly #reads: GuardReads;

  private constructor(setting: GuardSetting, reads: GuardReads = {}) {
    this._setting = setting;
    this.#reads = reads;
  }

  /**
   * The permissions to read it.
   *
   * @internal
   */
  public _statements(scope: Construct): PolicyStatement[] {
    return [...(this.#reads.statements ?? []), ...statementsOf(scope, this._setting)];
  }

  /**
   * Grants the permissions to read it that are not statements.
   *
   * @internal
   */
  public _grant(grantee: IGrantable): void {
    this.#reads.grant?.(grantee);
  }

  /**
   * Why cdk-nag may accept wildcards in these permissions.
   *
   * @internal
   */
  public _acknowledgements(): Record<string, string> {
    const { kind } = this._setting;
    if (kind === 'load-balancer')
      return { 'IAM5[Resource::*]': "Elastic Load Balancing's Describe calls have no resource-level permissions" };
    return kind === 'web-acl' ? { ...ANY_WEB_ACL } : {};
  }
}

function statementsOf(scope: Construct, guard: GuardSetting): PolicyStatement[] {
  switch (guard.kind) {
    case 'web-acl':
      return [
        ...readAnyWebAcl(scope),
        ...readAnyRuleGroup(scope),
        ...allow(['wafv2:GetWebACLForResource'], guard.protects),
        ...allow(['elasticloadbalancing:GetLoadBalancerWebACL'], loadBalancersIn(guard.protects)),
      ];
    case 'api-stage': {
      const [apiId] = guard.id.split('/');
      const arn = (resourceName: string) =>
        Stack.of(scope).formatArn({ service: 'apigateway', account: '', resource: '/restapis', resourceName });
      return allow(['apigateway:GET'], [arn(`${apiId}`), arn(`${apiId}/stages`)]);
    }
    case 'load-balancer':
      // Elastic Load Balancing's Describe calls have no resource-level permissions.
      return allow(
        [
          'elasticloadbalancing:DescribeListeners',
          'elasticloadbalancing:DescribeLoadBalancers',
          'elasticloadbalancing:DescribeRules',
        ],
        ['*'],
      );
    // The sync may describe the rules of every security group.
    case 'security-group':
    case 'receiver':
      return [];
  }
}
