import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { AWS_CLIENT } from '../aws';
import type { Settings } from '../settings';
import { discoverSecurityGroups } from './discover-security-groups';
import { IpSetTarget } from './ip-set';
import type { Target } from './target';

/** A target that is configured but can't be used, and why. It is one failed target and holds up no other. */
export interface UnusableTarget {
  readonly id: string;
  readonly kind: Target['kind'];
  readonly error: string;
}

/** All targets: the stack's own IP sets, those that are named, and the security groups that are named or tagged. */
export async function discoverTargets(
  settings: Settings,
): Promise<{ targets: readonly Target[]; unusable: readonly UnusableTarget[] }> {
  const waf = new WAFV2Client(AWS_CLIENT);
  const groups = await discoverSecurityGroups(settings);
  // A set of the stack's that is named as well is one target, not two.
  const sharedIpSets = settings.sharedIpSets.filter((arn) => !settings.ownIpSets.includes(arn));
  const ipSets = [
    ...settings.ownIpSets.map((arn) => new IpSetTarget(waf, arn, true)),
    ...sharedIpSets.map((arn) => new IpSetTarget(waf, arn, false)),
  ];
  return { targets: [...ipSets, ...groups.targets], unusable: groups.unusable };
}
