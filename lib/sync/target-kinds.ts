import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CLOUDFRONT_REGION } from '../../lambda/shared/ip-set-arn';
import type { TargetKind } from '../../lambda/shared/targets';

/** The properties of a kind of target that matter at synthesis. */
interface KindTraits {
  /** Actions that the sync needs on a target. */
  readonly actions: readonly string[];
  /** The ARN of a target, for IAM. */
  arnOf(scope: Construct, id: string): string;
  /** ARNs that match every target in the account, for permissions that a tag restricts. */
  allArns(scope: Construct): string[];
  /** An id of the maximum length, for ids that are known only during the deployment. */
  readonly longestId: string;
}

export const KIND_TRAITS: Readonly<Record<TargetKind, KindTraits>> = {
  'ip-set': {
    actions: ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'],
    arnOf: (_scope, arn) => arn,
    allArns: (scope) => [ipSetArns(scope, 'regional'), ipSetArns(scope, 'global', CLOUDFRONT_REGION)],
    longestId: `arn:aws-us-gov:wafv2:us-isof-south-1:111122223333:regional/ipset/${'x'.repeat(128)}/${'x'.repeat(36)}`,
  },
  'security-group': {
    actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'],
    arnOf: (scope, id) => ec2Arn(scope, 'security-group', id),
    allArns: (scope) => [ec2Arn(scope, 'security-group', '*')],
    longestId: 'sg-0123456789abcdef0',
  },
  'prefix-list': {
    actions: ['ec2:ModifyManagedPrefixList'],
    arnOf: (scope, id) => ec2Arn(scope, 'prefix-list', id),
    allArns: (scope) => [ec2Arn(scope, 'prefix-list', '*')],
    longestId: 'pl-0123456789abcdef0',
  },
};

function ipSetArns(scope: Construct, wafScope: 'regional' | 'global', region?: string): string {
  return Stack.of(scope).formatArn({
    service: 'wafv2',
    ...(region && { region }),
    resource: `${wafScope}/ipset`,
    resourceName: '*/*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

/** @param account the owner. @default - the account of the stack */
export function ec2Arn(scope: Construct, resource: string, resourceName: string, account?: string): string {
  return Stack.of(scope).formatArn({
    service: 'ec2',
    ...(account !== undefined && { account }),
    resource,
    resourceName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
