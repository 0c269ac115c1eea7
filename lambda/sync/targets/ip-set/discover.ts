import type { TargetKindSupport } from '../target';
import { IpSetTarget } from './ip-set-target';

/** WAF IP sets. They can't be tagged for discovery, so only those that the stack names. */
export const ipSets: TargetKindSupport = {
  // docs.aws.amazon.com/waf/latest/developerguide/limits.html
  perSecond: { reads: 5, writes: 1 },
  discover: async (named, { clients }) => ({
    targets: named.map(({ id, exclusive }) => new IpSetTarget(clients.waf, id, exclusive)),
    unusable: [],
  }),
};
