import { ArnFormat, CustomResource, Stack, Token } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';
import { OWNER_TAG } from '../../lambda/shared/constants';
import { CLOUDFRONT_REGION, parseIpSetArn } from '../../lambda/shared/ip-set-arn';
import { acknowledge } from '../acknowledge';
import { customResourceProvider } from '../custom-resource-provider';
import { physicalName } from '../physical-name';
import { lifecycleOwner } from './lifecycle-owner';

/** Two WAF IP sets, one for each address family. */
export interface IIpSets extends IConstruct {
  /** ARN of the IP set for IPv4 ranges. */
  readonly ipv4Arn: string;
  /** ARN of the IP set for IPv6 ranges. */
  readonly ipv6Arn: string;
}

/** ARNs of two existing IP sets. */
export interface IpSetsAttributes {
  /** ARN of the IP set for IPv4 ranges. */
  readonly ipv4Arn: string;
  /** ARN of the IP set for IPv6 ranges. */
  readonly ipv6Arn: string;
}

/** The AWS WAF scope of IP sets. */
export enum WafScope {
  /** For web ACLs in the AWS Region of the stack. */
  REGIONAL = 'REGIONAL',
  /** For web ACLs of CloudFront. The IP sets are in us-east-1, whatever the AWS Region of the stack. */
  CLOUDFRONT = 'CLOUDFRONT',
}

/** Properties of `IpSets`. */
export interface IpSetsProps {
  /**
   * Names the IP sets `{name}-v4` and `{name}-v6`, or `{name}-cloudfront-v4` and `-v6`. A new name creates new IP sets with the entries of
   * the old ones, which CloudFormation then deletes.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /**
   * The scope of the IP sets.
   *
   * @default WafScope.REGIONAL
   */
  readonly wafScope?: WafScope | undefined;
}

/**
 * Two empty WAF IP sets, one for each address family, as targets of an `AllowlistSync`.
 *
 * A custom resource creates them, because CloudFormation rewrites the addresses of an `AWS::WAFv2::IPSet` whenever one of its
 * properties changes, so a deployment would empty the allowlist.
 */
export class IpSets extends Construct implements IIpSets {
  /** Refers to two existing IP sets. */
  public static fromIpSetsAttributes(scope: Construct, id: string, attributes: IpSetsAttributes): IIpSets {
    const { ipv4Arn, ipv6Arn } = attributes;
    for (const arn of [ipv4Arn, ipv6Arn]) if (!Token.isUnresolved(arn)) parseIpSetArn(arn, 'ipSetArn');
    class Import extends Construct implements IIpSets {
      public readonly ipv4Arn = ipv4Arn;
      public readonly ipv6Arn = ipv6Arn;
    }
    return new Import(scope, id);
  }

  public readonly ipv4Arn: string;
  public readonly ipv6Arn: string;
  /** ARNs of both IP sets. */
  public readonly arns: string[];

  constructor(scope: Construct, id: string, props: IpSetsProps = {}) {
    super(scope, id);
    const name = physicalName(this, props.name);
    const isGlobal = props.wafScope === WafScope.CLOUDFRONT;
    const prefix = isGlobal ? `${name}-cloudfront` : name;
    const place = isGlobal ? GLOBAL : REGIONAL;
    const owner = lifecycleOwner(this);
    const provider = customResourceProvider(this, 'Lifecycle', {
      bundle: 'ip-set',
      description: 'Creates, updates and deletes the IP sets of the allowlist, never their entries',
      statements: lifecycleStatements(this, { prefix, place, owner }),
    });

    const create = (suffix: string, version: 'IPV4' | 'IPV6') =>
      new CustomResource(this, version, {
        resourceType: 'Custom::IntercomAllowlistIpSet',
        serviceToken: provider.serviceToken,
        properties: {
          Name: `${prefix}-${suffix}`,
          IPAddressVersion: version,
          // Left out by default, so that the sets of stacks that exist are not updated for nothing.
          ...(isGlobal && { Scope: WafScope.CLOUDFRONT }),
          Description: `Intercom webhook senders. The entries belong to the sync of stack ${name}`,
          Tags: [{ Key: OWNER_TAG, Value: owner }],
        },
      });
    const sets = [create('v4', 'IPV4'), create('v6', 'IPV6')] as const;
    this.ipv4Arn = sets[0].getAttString('Arn');
    this.ipv6Arn = sets[1].getAttString('Arn');
    this.arns = [this.ipv4Arn, this.ipv6Arn];

    const allSets = `arn:<AWS::Partition>:wafv2:${place.region ?? '<AWS::Region>'}:<AWS::AccountId>:${place.resource}`;
    acknowledge(this, {
      [`IAM5[Resource::${allSets}/${prefix}-v?/*]`]:
        'AWS assigns the id of an IP set when it is created; the name is fixed',
      [`IAM5[Resource::${allSets}/*/*]`]: 'Only IP sets with the owner tag of this construct, by condition',
      'IAM5[Resource::*]': 'ListIPSets has no resource-level permissions',
    });
    for (const set of sets) set.node.addDependency(provider.function);
  }
}

/** The part of an IP set's ARN that its scope determines. */
interface Place {
  readonly region?: string;
  readonly resource: string;
}

const REGIONAL: Place = { resource: 'regional/ipset' };
const GLOBAL: Place = { region: CLOUDFRONT_REGION, resource: 'global/ipset' };

/** What the permissions are for. */
interface Managed {
  readonly prefix: string;
  readonly place: Place;
  readonly owner: string;
}

/**
 * Permissions for IP sets with these names, and to copy and delete those that the construct created under an earlier name. Listing has
 * no resource-level permissions.
 */
function lifecycleStatements(scope: Construct, { prefix, place, owner }: Managed): PolicyStatement[] {
  const arnOf = (name: string) =>
    Stack.of(scope).formatArn({
      service: 'wafv2',
      ...place,
      resourceName: `${name}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  return [
    new PolicyStatement({
      actions: [
        'wafv2:CreateIPSet',
        'wafv2:GetIPSet',
        'wafv2:UpdateIPSet',
        'wafv2:DeleteIPSet',
        'wafv2:ListTagsForResource',
        'wafv2:TagResource',
        'wafv2:UntagResource',
      ],
      resources: [arnOf(`${prefix}-v?`)],
    }),
    new PolicyStatement({
      actions: ['wafv2:GetIPSet', 'wafv2:DeleteIPSet'],
      resources: [arnOf('*')],
      conditions: { StringEquals: { [`aws:ResourceTag/${OWNER_TAG}`]: owner } },
    }),
    new PolicyStatement({ actions: ['wafv2:ListIPSets'], resources: ['*'] }),
  ];
}
