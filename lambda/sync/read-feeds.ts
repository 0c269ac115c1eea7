import { type AcceptedFeed, assessFeed, type FeedAssessment } from '../core/feed/assess';
import type { IntercomRegion } from '../shared/intercom-regions';
import { type FetchOptions, fetchFeed } from './fetch-feed';

export type FeedTiming = Pick<FetchOptions, 'timeoutMs' | 'backoffMs'>;

/** Reads the feeds of all regions in parallel. A feed that fails does not affect the others, so this never throws because of one. */
export function readFeeds(
  baseUrl: string,
  intercomRegions: readonly IntercomRegion[],
  last: ReadonlyMap<IntercomRegion, AcceptedFeed>,
  today: string,
  timing: FeedTiming = {},
): Promise<FeedAssessment[]> {
  return Promise.all(
    intercomRegions.map(async (region) => {
      const url = `${baseUrl}/${region}/intercom-ip-ranges.json`;
      // The last accepted answer of another publisher does not count.
      const known = last.get(region)?.source === url ? last.get(region) : undefined;
      const outcome = await fetchFeed(url, { etag: known?.etag, ...timing }).catch((error: unknown) => ({
        kind: 'error' as const,
        error,
      }));
      return assessFeed(region, url, outcome, known, today);
    }),
  );
}
