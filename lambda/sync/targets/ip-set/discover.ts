import {
  paginateGetResources,
  type ResourceGroupsTaggingAPIClient,
  type ResourceTagMapping,
} from '@aws-sdk/client-resource-groups-tagging-api';
import { DISCOVERY_FAILURE, DISCOVERY_TAG } from '../../../shared/constants';
import { CLOUDFRONT_REGION, isGlobalIpSet } from '../../../shared/ip-set-arn';
import type { TargetSetting } from '../../../shared/targets';
import { targetErrorOf } from '../aws-errors';
import type { Discovery, DiscoveryContext, TargetKindSupport, UnusableTarget } from '../target';
import { IpSetTarget } from './ip-set-target';

/** Finds the IP sets that the stack names or that carry the discovery tag. */
async function discover(named: readonly TargetSetting[], { clients }: DiscoveryContext): Promise<Discovery> {
  const exclusive = new Map(named.map((set) => [set.id, set.exclusive]));
  const unusable: UnusableTarget[] = [];
  for (const client of await taggingClients(named, clients)) {
    try {
      for (const set of await findTagged(client)) {
        const id = set.ResourceARN ?? '';
        const value = set.Tags?.find(({ Key }) => Key === DISCOVERY_TAG)?.Value ?? '';
        if (!VALUES.includes(value)) unusable.push({ id, kind: 'ip-set', error: badValue(id, value) });
        else if (!exclusive.has(id)) exclusive.set(id, false);
      }
    } catch (error) {
      const { message } = targetErrorOf(`find the IP sets tagged ${DISCOVERY_TAG}`, error);
      unusable.push({ id: DISCOVERY_FAILURE, kind: 'ip-set', error: message });
    }
  }
  for (const { id } of unusable) exclusive.delete(id);
  const clientOf = (id: string) => (isGlobalIpSet(id) ? clients.globalWaf : clients.waf);
  return { targets: [...exclusive].map(([id, own]) => new IpSetTarget(clientOf(id), id, own)), unusable };
}

/** WAF IP sets. */
export const ipSets: TargetKindSupport = {
  // docs.aws.amazon.com/waf/latest/developerguide/limits.html
  perSecond: { reads: 5, writes: 1 },
  discover,
};

/** An IP set has no ports. */
const VALUES = ['', 'list'];

/** The stack's own AWS Region, and that of CloudFront if a global IP set is named. In one Region one call finds both kinds. */
async function taggingClients(
  named: readonly TargetSetting[],
  { tagging, globalTagging }: DiscoveryContext['clients'],
): Promise<ResourceGroupsTaggingAPIClient[]> {
  const isElsewhere = (await tagging.config.region()) !== CLOUDFRONT_REGION;
  return isElsewhere && named.some(({ id }) => isGlobalIpSet(id)) ? [tagging, globalTagging] : [tagging];
}

/** One call per hundred sets. WAF's own API would take one per set, at its rate of five per second. */
async function findTagged(client: ResourceGroupsTaggingAPIClient): Promise<ResourceTagMapping[]> {
  const found: ResourceTagMapping[] = [];
  const filter = { ResourceTypeFilters: ['wafv2'], TagFilters: [{ Key: DISCOVERY_TAG }] };
  for await (const page of paginateGetResources({ client }, filter)) found.push(...(page.ResourceTagMappingList ?? []));
  return found.filter(({ ResourceARN = '' }) => ResourceARN.includes('/ipset/'));
}

function badValue(id: string, value: string): string {
  return (
    `tag ${DISCOVERY_TAG} of IP set ${id}: ${JSON.stringify(value)} is not allowed. Allowed: no value, or "list", because an IP set has no ` +
    'ports. The entries of the set stay as they are; ranges published since are missing. Correct the tag'
  );
}
