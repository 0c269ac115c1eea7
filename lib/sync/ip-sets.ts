import { ArnFormat, CustomResource, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OWNER_TAG } from '../../lambda/shared/constants';
import { CLOUDFRONT_REGION } from '../../lambda/shared/ip-set-arn';
import { acknowledge } from '../acknowledge';
import { customResourceProvider } from '../custom-resource-provider';

export interface IpSetsProps {
  /** Names the sets `{name}-v4` and `{name}-v6`, or `{name}-cloudfront-v4` and `-v6`, and is their owner tag. */
  readonly name: string;
  /** `CLOUDFRONT` creates them in us-east-1, whatever the AWS Region of the stack, for web ACLs of CloudFront. @default REGIONAL */
  readonly scope?: 'REGIONAL' | 'CLOUDFRONT' | undefined;
}

/**
 * Two WAF IP sets, one for each address family. A custom resource creates them, because CloudFormation rewrites the addresses of an
 * `AWS::WAFv2::IPSet` whenever one of its properties changes, so a deployment would empty the allowlist.
 */
export class IpSets extends Construct {
  readonly ipv4Arn: string;
  readonly ipv6Arn: string;
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, { name, scope: wafScope = 'REGIONAL' }: IpSetsProps) {
    super(scope, id);
    const prefix = wafScope === 'CLOUDFRONT' ? `${name}-cloudfront` : name;
    const place = wafScope === 'CLOUDFRONT' ? GLOBAL : REGIONAL;
    const provider = customResourceProvider(this, 'Lifecycle', {
      bundle: 'ip-set',
      description: 'Creates, updates and deletes the IP sets of the allowlist, never their entries',
      statements: lifecycleStatements(this, prefix, place),
    });

    const make = (suffix: string, version: 'IPV4' | 'IPV6') =>
      new CustomResource(this, version, {
        resourceType: 'Custom::IntercomAllowlistIpSet',
        serviceToken: provider.serviceToken,
        properties: {
          Name: `${prefix}-${suffix}`,
          IPAddressVersion: version,
          // Left out by default, so that the sets of stacks that exist are not updated for nothing.
          ...(wafScope === 'CLOUDFRONT' && { Scope: wafScope }),
          Description: `Intercom webhook senders. The entries belong to the sync of stack ${name}`,
          Tags: [{ Key: OWNER_TAG, Value: name }],
        },
      });
    const sets = [make('v4', 'IPV4'), make('v6', 'IPV6')] as const;
    this.ipv4Arn = sets[0].getAttString('Arn');
    this.ipv6Arn = sets[1].getAttString('Arn');
    this.arns = [this.ipv4Arn, this.ipv6Arn];

    acknowledge(this, {
      [`IAM5[Resource::arn:<AWS::Partition>:wafv2:${place.region ?? '<AWS::Region>'}:<AWS::AccountId>:${place.resource}/${prefix}-v?/*]`]:
        'AWS assigns the id of an IP set when it is created; the name is fixed',
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

/** Permissions for IP sets with these names only. Listing has no resource-level permissions. */
function lifecycleStatements(scope: Construct, prefix: string, place: Place): PolicyStatement[] {
  const arn = Stack.of(scope).formatArn({
    service: 'wafv2',
    ...place,
    resourceName: `${prefix}-v?/*`,
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
      resources: [arn],
    }),
    new PolicyStatement({ actions: ['wafv2:ListIPSets'], resources: ['*'] }),
  ];
}
