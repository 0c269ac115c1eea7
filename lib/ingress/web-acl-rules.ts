import { CfnRuleGroup } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { physicalName } from '../physical-name';
import type { IIpSets } from '../sync/ip-sets';
import { WebAcl } from './web-acl';

/** Properties of `WebAclRules`. */
export interface WebAclRulesProps {
  /**
   * Name of the rule group. Unique in an account and AWS Region.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /** The IP sets with the allowed ranges. */
  readonly ipSets: IIpSets;
}

/**
 * A rule group that allows Intercom's ranges, for a web ACL that Terraform, another stack or the console manages. For a web ACL of your
 * app, `WebAcl.allowRules()` returns the same rules.
 */
export class WebAclRules extends Construct {
  /** ARN of the rule group. */
  public readonly ruleGroupArn: string;

  constructor(scope: Construct, id: string, props: WebAclRulesProps) {
    super(scope, id);
    const name = physicalName(this, props.name);
    const group = new CfnRuleGroup(this, 'RuleGroup', {
      name,
      description: 'Allows the Intercom ranges',
      scope: 'REGIONAL',
      // A reference to an IP set takes one unit: docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-ipset-match.html
      capacity: 2,
      rules: WebAcl.allowRules(props.ipSets),
      visibilityConfig: { metricName: name, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false },
    });
    this.ruleGroupArn = group.attrArn;
  }
}
