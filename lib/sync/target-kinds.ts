import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { TargetKind } from '../../lambda/shared/targets';

/** What the stack needs to know of a kind of target. */
interface KindTraits {
  /** What the sync may do to a target. */
  readonly actions: readonly string[];
  /** How IAM knows it. */
  arnOf(scope: Construct, id: string): string;
  /** As long as an id can be: some are known only in the deploy. */
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
    actions: ['ec2:GetManagedPrefixListEntries', 'ec2:ModifyManagedPrefixList'],
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
