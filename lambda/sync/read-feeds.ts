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
      const known = knownAt(url, last.get(region));
      const outcome = await fetchFeed(url, { etag: known?.etag, ...timing }).catch((error: unknown) => ({
        kind: 'error' as const,
        error,
      }));
      return assessFeed(region, url, outcome, known, today);
    }),
  );
}

/** Of the last accepted answer of another URL, only the ranges count: its ETag and its dates mean nothing here. */
function knownAt(url: string, last: AcceptedFeed | undefined): AcceptedFeed | undefined {
  return last && last.source !== url ? { ...last, etag: undefined, date: undefined, newestDate: undefined } : last;
}
