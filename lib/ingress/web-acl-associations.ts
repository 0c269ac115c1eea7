import { createHash } from 'node:crypto';
import { CustomResource, Stack, Token } from 'aws-cdk-lib';
import { Policy, type PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import { customResourceProvider } from '../custom-resource-provider';
import type { WebAcl } from './web-acl';
import { ANY_WEB_ACL, allow, loadBalancersIn, readAnyWebAcl, stagesIn } from './web-acl-permissions';

/** Properties of `WebAclAssociations`. */
export interface WebAclAssociationsProps {
  /** The web ACL to associate. */
  readonly webAcl: WebAcl;
  /** ARNs of existing REST API stages and Application Load Balancers. */
  readonly resourceArns: string[];
}

/**
 * Puts a web ACL in front of resources that exist. `AssociateWebACL`, and so CloudFormation, silently replaces a web ACL that a resource
 * already has; this custom resource fails instead, before anything changes.
 */
export class WebAclAssociations extends Construct {
  constructor(scope: Construct, id: string, props: WebAclAssociationsProps) {
    super(scope, id);
    const { webAcl, resourceArns } = props;
    const provider = customResourceProvider(this, 'Associate', {
      bundle: 'web-acl-association',
      description: 'Associates the web ACL of the allowlist with resources that have no other',
      statements: readAnyWebAcl(this),
    });
    acknowledge(this, ANY_WEB_ACL);
    for (const arn of resourceArns) {
      const name = nameOf(this, arn);
      // A policy for each resource. CloudFormation deletes it after the association, which needs it until it is gone: a statement in one
      // policy for all would be removed before.
      const permissions = new Policy(this, `Permissions ${name}`, { statements: statements(webAcl, arn) });
      if (provider.function.role) permissions.attachToRole(provider.function.role);
      const association = new CustomResource(this, `Association ${name}`, {
        resourceType: 'Custom::IntercomAllowlistWebAclAssociation',
        serviceToken: provider.serviceToken,
        properties: { WebAclArn: webAcl.webAclArn, ResourceArn: arn },
      });
      association.node.addDependency(provider.function, permissions);
    }
  }
}

/**
 * A name for the resource that does not depend on the other resources. If it did, CloudFormation would move an association to another
 * resource when one is removed, and then disassociate that resource in its cleanup.
 */
function nameOf(scope: Construct, arn: string): string {
  if (!Token.isUnresolved(arn)) return arn.slice(arn.lastIndexOf(':') + 1);
  const reference = JSON.stringify(Stack.of(scope).resolve(arn));
  return createHash('sha256').update(reference).digest('hex').slice(0, 8);
}

/**
 * AWS authorizes an association on the web ACL and on the resource, and by actions of the resource's own service:
 * docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html#security_iam_action-AssociateWebACL
 */
function statements(webAcl: WebAcl, arn: string): PolicyStatement[] {
  return [
    ...allow(
      ['wafv2:AssociateWebACL', 'wafv2:DisassociateWebACL', 'wafv2:GetWebACLForResource'],
      [webAcl.webAclArn, arn],
    ),
    ...allow(['apigateway:SetWebACL'], stagesIn([arn])),
    ...allow(
      [
        'elasticloadbalancing:CreateWebACLAssociation',
        'elasticloadbalancing:DeleteWebACLAssociation',
        'elasticloadbalancing:GetLoadBalancerWebACL',
        // The action that the others replace, in AWS Regions that do not know them yet.
        'elasticloadbalancing:SetWebACL',
      ],
      loadBalancersIn([arn]),
    ),
  ];
}
