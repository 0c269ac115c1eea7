import type { AwsClients } from '../clients';
import type { Settings } from '../settings';
import { IpSetTarget } from './ip-set/ip-set-target';
import { discoverPrefixLists } from './prefix-list/discover';
import { discoverSecurityGroups } from './security-group/discover';
import type { Target } from './target';

/** A target that is configured but can't be used, and why. It is one failed target and holds up no other. */
export interface UnusableTarget {
  readonly id: string;
  readonly kind: Target['kind'];
  readonly error: string;
}

/**
 * All targets: what the stack made, what the configuration names, and the security groups and prefix lists that are tagged.
 *
 * @param backoffMs wait before the second look at a prefix list that is being changed. @default 500 ms
 */
export async function discoverTargets(
  settings: Settings,
  { waf, ec2 }: AwsClients,
  backoffMs?: number,
): Promise<{ targets: readonly Target[]; unusable: readonly UnusableTarget[] }> {
  const [groups, lists] = await Promise.all([
    discoverSecurityGroups(settings, ec2),
    discoverPrefixLists(settings, ec2, backoffMs),
  ]);
  // A set of the stack's that is named as well is one target, not two.
  const sharedIpSets = settings.sharedIpSets.filter((arn) => !settings.ownIpSets.includes(arn));
  const ipSets = [
    ...settings.ownIpSets.map((arn) => new IpSetTarget(waf, arn, true)),
    ...sharedIpSets.map((arn) => new IpSetTarget(waf, arn, false)),
  ];
  return {
    targets: [...ipSets, ...groups.targets, ...lists.targets],
    unusable: [...groups.unusable, ...lists.unusable],
  };
}
