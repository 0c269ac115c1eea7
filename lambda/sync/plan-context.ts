import type { FeedAssessment } from '../core/feed/assess';
import type { DesiredEntry } from '../core/plan/entries';
import { desireRanges } from '../core/plan/plan';
import { isIntercomRegion } from '../shared/intercom-regions';
import type { PlanContext } from './reconcile';
import type { Settings } from './settings';

/** The inputs of planning that all targets of a run share. */
export function planContext(
  feeds: readonly FeedAssessment[],
  { intercomRegions, removalGraceHours, maxRemovalShare, extraRanges }: Settings,
  now: Date,
  approved: string | undefined,
): PlanContext {
  return {
    desired: desireRanges(feeds),
    desiredWithExtra: desireRanges([...feeds, { region: 'extra', ranges: extraRanges }]),
    policy: {
      intercomRegions,
      removalGraceHours,
      maxRemovalShare,
      distrustReasons: new Map(
        feeds.flatMap(({ region, distrustReason }) => (distrustReason === undefined ? [] : [[region, distrustReason]])),
      ),
      missedUpdates: new Set(feeds.flatMap(({ region, missedUpdates }) => (missedUpdates ? [region] : []))),
      now: now.toISOString(),
      approved,
    },
    describe: describer(feeds),
  };
}

/** Describes an entry by its regions and the date of their feed. */
function describer(feeds: readonly FeedAssessment[]): (entry: DesiredEntry) => string {
  const dates = new Map(feeds.map(({ region, date }) => [region, date]));
  return ({ intercomRegions: sources }) => {
    const intercomRegions = sources.filter(isIntercomRegion);
    if (intercomRegions.length === 0) return 'Configured in extraRanges';
    const names = intercomRegions.map((region) => region.toUpperCase()).join('+');
    const newest = intercomRegions
      .map((region) => dates.get(region) ?? '')
      .sort()
      .at(-1);
    return `Intercom ${names} webhooks, ${newest ? `feed of ${newest}` : 'undated feed'}`;
  };
}
