import { CfnRuleGroup, type CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import type { IpSets } from '../sync/ip-sets';
import { webAclRules } from './web-acl';

export interface WebAclRulesProps {
  /** Names the rule group. Unique in an account and AWS Region. */
  readonly name: string;
  readonly ipSets: IpSets;
}

/**
 * The rules that allow Intercom's ranges, for a web ACL of your own: as properties for a `CfnWebACL`, and as a rule group for a web ACL
 * that Terraform, another stack or the console manages.
 */
export class WebAclRules extends Construct {
  /** ARN of the rule group. */
  readonly ruleGroupArn: string;
  readonly #ipSets: IpSets;

  constructor(scope: Construct, id: string, { name, ipSets }: WebAclRulesProps) {
    super(scope, id);
    this.#ipSets = ipSets;
    const visibilityConfig = { metricName: name, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
    const group = new CfnRuleGroup(this, 'RuleGroup', {
      name,
      description: 'Allows the Intercom ranges',
      scope: 'REGIONAL',
      // A reference to an IP set takes one unit: docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-ipset-match.html
      capacity: 2,
      rules: webAclRules(ipSets),
      visibilityConfig,
    });
    this.ruleGroupArn = group.attrArn;
  }

  /** The two rules for a `CfnWebACL`. @param firstPriority priority of the first one; the second gets the next */
  rules(firstPriority = 0): CfnWebACL.RuleProperty[] {
    return webAclRules(this.#ipSets, firstPriority);
  }
}
