import { DEFAULT_FEED_BASE_URL } from '../lambda/shared/constants';
import { IntercomRegion } from './intercom-region';

/** The defaults of the constructs, which are those of the context keys too. */
export const CONSTRUCT_DEFAULTS = {
  intercomRegions: Object.values(IntercomRegion),
  feedBaseUrl: DEFAULT_FEED_BASE_URL,
  removalGraceHours: 24,
  maxRemovalShare: 0.5,
  rulesPerSecurityGroup: 60,
  prefixListMaxEntries: 30,
} as const;
