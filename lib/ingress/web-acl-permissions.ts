import { Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** A statement that allows actions on resources; none without resources. */
export function allow(actions: string[], resources: readonly string[]): PolicyStatement[] {
  return resources.length > 0 ? [new PolicyStatement({ actions, resources: [...resources] })] : [];
}

/**
 * Permission to read whichever web ACL is in front of a resource. AWS authorizes `GetWebACLForResource` on the resource, and together with
 * `GetWebACL` on the web ACL that it returns: docs.aws.amazon.com/waf/latest/APIReference/API_GetWebACLForResource.html
 */
export function readAnyWebAcl(scope: Construct): PolicyStatement[] {
  const webAcls = Stack.of(scope).formatArn({ service: 'wafv2', resource: 'regional/webacl', resourceName: '*' });
  return allow(['wafv2:GetWebACLForResource', 'wafv2:GetWebACL'], [webAcls]);
}

/** Permission to read the rule groups of a web ACL: somebody may add any group of the account. */
export function readAnyRuleGroup(scope: Construct): PolicyStatement[] {
  const groups = Stack.of(scope).formatArn({ service: 'wafv2', resource: 'regional/rulegroup', resourceName: '*' });
  return allow(['wafv2:GetRuleGroup'], [groups]);
}

/** Why cdk-nag may accept these permissions. */
export const ANY_WEB_ACL: Readonly<Record<string, string>> = {
  'IAM5[Resource::arn:<AWS::Partition>:wafv2:<AWS::Region>:<AWS::AccountId>:regional/rulegroup/*]':
    'Only to read whichever rule group somebody has added to the web ACL',
  'IAM5[Resource::arn:<AWS::Partition>:wafv2:<AWS::Region>:<AWS::AccountId>:regional/webacl/*]':
    'Only to read whichever web ACL somebody has put in front of the endpoint',
};

/** The ARNs that are those of API stages, or may be: an ARN that only the deployment knows can lack its service. */
export function stagesIn(arns: readonly string[]): string[] {
  return arns.filter((arn) => !arn.includes(':elasticloadbalancing:'));
}

/** The ARNs that are those of load balancers, or may be. */
export function loadBalancersIn(arns: readonly string[]): string[] {
  return arns.filter((arn) => !arn.includes(':apigateway:'));
}
