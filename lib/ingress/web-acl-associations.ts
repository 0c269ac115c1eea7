import { CustomResource } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { customResourceProvider } from '../custom-resource-provider';
import type { WebAcl } from './web-acl';

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
      statements: statements(webAcl, resourceArns),
    });
    for (const arn of resourceArns) {
      const association = new CustomResource(this, `Association ${arn.slice(arn.lastIndexOf(':') + 1)}`, {
        resourceType: 'Custom::IntercomAllowlistWebAclAssociation',
        serviceToken: provider.serviceToken,
        properties: { WebAclArn: webAcl.webAclArn, ResourceArn: arn },
      });
      association.node.addDependency(provider.function);
    }
  }
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html: both sides of an association authorize it. */
function statements(webAcl: WebAcl, resourceArns: readonly string[]): PolicyStatement[] {
  const stages = resourceArns.filter((arn) => arn.includes(':apigateway:'));
  const loadBalancers = resourceArns.filter((arn) => arn.includes(':elasticloadbalancing:'));
  const allow = (actions: string[], resources: string[]) =>
    resources.length > 0 ? [new PolicyStatement({ actions, resources })] : [];
  return [
    ...allow(
      ['wafv2:AssociateWebACL', 'wafv2:DisassociateWebACL', 'wafv2:GetWebACLForResource'],
      [webAcl.webAclArn, ...resourceArns],
    ),
    ...allow(['apigateway:SetWebACL'], stages),
    ...allow(['elasticloadbalancing:SetWebACL'], loadBalancers),
  ];
}
