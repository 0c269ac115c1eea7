import { type EC2Client, type ManagedPrefixList, paginateDescribeManagedPrefixLists } from '@aws-sdk/client-ec2';
import { DISCOVERY_FAILURE, DISCOVERY_TAG } from '../../../shared/constants';
import type { TargetSetting } from '../../../shared/targets';
import { targetErrorOf } from '../aws-errors';
import {
  acceptedIn,
  type Discovery,
  type DiscoveryContext,
  type TargetKindSupport,
  type UnusableTarget,
} from '../target';
import { PrefixListTarget } from './prefix-list-target';

/** Finds the lists that the stack names or that carry the discovery tag. */
async function discover(
  named: readonly TargetSetting[],
  { clients: { ec2: client }, backoffMs }: DiscoveryContext,
): Promise<Discovery> {
  const unusable: UnusableTarget[] = [];
  const tagged: string[] = [];
  const seen = new Map<string, ManagedPrefixList>();
  try {
    for (const list of await findLists(client)) {
      const { PrefixListId: id = '', Tags } = list;
      seen.set(id, list);
      const value = Tags?.find(({ Key }) => Key === DISCOVERY_TAG)?.Value;
      if (value === undefined) continue;
      if (VALUES.includes(value)) tagged.push(id);
      else unusable.push({ id, kind: 'prefix-list', error: badValue(id, value) });
    }
  } catch (error) {
    const { message } = targetErrorOf(`find the prefix lists tagged ${DISCOVERY_TAG}`, error);
    unusable.push({ id: DISCOVERY_FAILURE, kind: 'prefix-list', error: message });
  }
  const unusableIds = unusable.map(({ id }) => id);
  const exclusive = new Set(named.filter((list) => list.exclusive).map(({ id }) => id));
  const ids = new Set([...named.map(({ id }) => id), ...tagged].filter((id) => !unusableIds.includes(id)));
  const targets = [...ids].map((id) => {
    const list = seen.get(id);
    const acceptedExposure = acceptedIn(list?.Tags);
    return new PrefixListTarget(client, { id, exclusive: exclusive.has(id), seen: list, acceptedExposure, backoffMs });
  });
  return { targets, unusable };
}

/** Customer-managed prefix lists. */
export const prefixLists: TargetKindSupport = {
  // Each list takes two of the twenty reads: docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
  perSecond: { reads: 10, writes: 5 },
  discover,
};

/** Allowed values of the tag. A list has no ports: the rule that references it does. */
const VALUES = ['', 'list'];

/** All lists of the account: DescribeManagedPrefixLists has no filter by tag. */
async function findLists(client: EC2Client): Promise<ManagedPrefixList[]> {
  const lists: ManagedPrefixList[] = [];
  for await (const page of paginateDescribeManagedPrefixLists({ client }, {})) lists.push(...(page.PrefixLists ?? []));
  return lists;
}

function badValue(id: string, value: string): string {
  return (
    `tag ${DISCOVERY_TAG} of prefix list ${id}: ${JSON.stringify(value)} is not allowed. Allowed: an empty value or "list". ` +
    'A list has no ports; the rules that reference it do. Its entries stay in force; ranges published since are not in it. ' +
    'Correct the tag'
  );
}
