import { type EC2Client, paginateDescribeSecurityGroups, type SecurityGroup } from '@aws-sdk/client-ec2';
import { ACCEPT_TAG, DISCOVERY_FAILURE, DISCOVERY_TAG } from '../../../shared/constants';
import { messageOf } from '../../../shared/errors';
import { parsePorts } from '../../../shared/ports';
import type { TargetSetting } from '../../../shared/targets';
import { targetErrorOf } from '../aws-errors';
import {
  acceptedIn,
  type Discovery,
  type DiscoveryContext,
  type TargetKindSupport,
  type UnusableTarget,
} from '../target';
import { SecurityGroupTarget } from './security-group-target';

type Ports = readonly number[];

/** Finds the groups that the stack names or that carry the discovery tag. The ports in a tag override those that are named. */
async function discover(
  named: readonly TargetSetting[],
  { settings: { owner, rulesPerSecurityGroup }, clients: { ec2: client } }: DiscoveryContext,
): Promise<Discovery> {
  const groups = new Map<string, Ports>(named.map(({ id, ports }) => [id, ports]));
  const exclusive = new Set(named.filter((group) => group.exclusive).map(({ id }) => id));
  const unusable: UnusableTarget[] = [];
  const seen = new Map<string, SecurityGroup>();
  try {
    for (const group of await findTagged(client)) {
      const { GroupId: id = '' } = group;
      seen.set(id, group);
      if (!group.Tags?.some(({ Key }) => Key === DISCOVERY_TAG)) continue;
      const tagged = portsOf(group);
      if ('error' in tagged) unusable.push({ id, kind: 'security-group', ...tagged });
      else groups.set(id, tagged.ports);
    }
  } catch (error) {
    // A named group may carry the tag too, and then its ports come from the tag. Without an answer they are unknown.
    const { message } = targetErrorOf(`find the security groups tagged ${DISCOVERY_TAG}`, error);
    const ids = [DISCOVERY_FAILURE, ...named.map(({ id }) => id)];
    unusable.push(...ids.map((id) => ({ id, kind: 'security-group' as const, error: message })));
  }
  for (const { id } of unusable) groups.delete(id);
  const common = { owner, maxRules: rulesPerSecurityGroup, listEntries: new Map() };
  const targets = [...groups].map(([id, ports]) => {
    const acceptedExposure = acceptedIn(seen.get(id)?.Tags);
    const own = { id, ports, exclusive: exclusive.has(id), exists: seen.has(id), acceptedExposure };
    return new SecurityGroupTarget(client, { ...own, ...common });
  });
  return { targets, unusable };
}

/** Security groups. */
export const securityGroups: TargetKindSupport = {
  // docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  perSecond: { reads: 20, writes: 5 },
  discover,
};

/** Those with the discovery tag, and those whose exposure is accepted: a named group may have the second tag alone. */
async function findTagged(client: EC2Client): Promise<SecurityGroup[]> {
  const found: SecurityGroup[] = [];
  const filter = { Filters: [{ Name: 'tag-key', Values: [DISCOVERY_TAG, ACCEPT_TAG] }] };
  for await (const page of paginateDescribeSecurityGroups({ client }, filter))
    found.push(...(page.SecurityGroups ?? []));
  return found;
}

function portsOf({ GroupId, Tags }: SecurityGroup): { ports: Ports } | { error: string } {
  try {
    const value = Tags?.find((tag) => tag.Key === DISCOVERY_TAG)?.Value ?? '';
    return { ports: parsePorts(value, `tag ${DISCOVERY_TAG} of security group ${GroupId}`) };
  } catch (error) {
    const next = 'Its rules stay in force; ranges published since are not in it. Correct the tag';
    return { error: `${messageOf(error)} ${next}` };
  }
}
