import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { TargetKind } from '../../lambda/shared/targets';

/** The properties of a kind of target that matter at synthesis. */
interface KindTraits {
  /** Actions that the sync needs on a target. */
  readonly actions: readonly string[];
  /** The ARN of a target, for IAM. */
  arnOf(scope: Construct, id: string): string;
  /** An id of the maximum length, for ids that are known only during the deployment. */
  readonly longestId: string;
}

export const KIND_TRAITS: Readonly<Record<TargetKind, KindTraits>> = {
  'ip-set': {
    actions: ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'],
    arnOf: (_scope, arn) => arn,
    longestId: `arn:aws-us-gov:wafv2:us-isof-south-1:111122223333:regional/ipset/${'x'.repeat(128)}/${'x'.repeat(36)}`,
  },
  'security-group': {
    actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'],
    arnOf: (scope, id) => ec2Arn(scope, 'security-group', id),
    longestId: 'sg-0123456789abcdef0',
  },
  'prefix-list': {
    actions: ['ec2:ModifyManagedPrefixList'],
    arnOf: (scope, id) => ec2Arn(scope, 'prefix-list', id),
    longestId: 'pl-0123456789abcdef0',
  },
};

export function ec2Arn(scope: Construct, resource: string, resourceName: string): string {
  return Stack.of(scope).formatArn({
    service: 'ec2',
    resource,
    resourceName,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}
