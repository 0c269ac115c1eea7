import { paginateDescribeSecurityGroupRules } from '@aws-sdk/client-ec2';
import { assessSecurityGroup, type IngressRule } from '../../core/guards/security-group';
import type { SecurityGroupGuard } from '../../shared/guards';
import { opens, ruleLabel, sourceOf } from '../targets/security-group/rules';
import type { GuardReader } from './guard';

/** The port of the load balancer and of an interface endpoint. */
const HTTPS_PORT = 443;

export const readSecurityGroup: GuardReader<SecurityGroupGuard> = async (guard, { clients: { ec2: client } }) => {
  const rules: IngressRule[] = [];
  const filter = { Filters: [{ Name: 'group-id', Values: [guard.id] }] };
  for await (const page of paginateDescribeSecurityGroupRules({ client }, filter)) {
    for (const rule of page.SecurityGroupRules ?? []) {
      if (rule.IsEgress) continue;
      rules.push({ label: ruleLabel(rule), source: sourceOf(rule), opensHttps: opens(rule, HTTPS_PORT) });
    }
  }
  return assessSecurityGroup(guard, rules);
};
