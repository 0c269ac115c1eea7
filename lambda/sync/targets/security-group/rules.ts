import type { SecurityGroupRule } from '@aws-sdk/client-ec2';

/** Whether a rule opens a TCP port. */
export function opens(rule: SecurityGroupRule, port: number): boolean {
  if (rule.IpProtocol === '-1') return true;
  return rule.IpProtocol === 'tcp' && (rule.FromPort ?? 0) <= port && port <= (rule.ToPort ?? -1);
}

/** `rule sgr-0123456789abcdef0 (tcp 443)`, `(tcp 0-65535)`, `(all protocols)` */
export function ruleLabel({ SecurityGroupRuleId, IpProtocol, FromPort, ToPort }: SecurityGroupRule): string {
  const ports = FromPort === ToPort ? `${FromPort}` : `${FromPort}-${ToPort}`;
  return `rule ${SecurityGroupRuleId} (${IpProtocol === '-1' ? 'all protocols' : `${IpProtocol} ${ports}`})`;
}

/** The CIDR that a rule allows, or the id of the prefix list or group whose members it allows. */
export function sourceOf({ CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupInfo }: SecurityGroupRule): string {
  return CidrIpv4 ?? CidrIpv6 ?? PrefixListId ?? ReferencedGroupInfo?.GroupId ?? 'an unknown source';
}
