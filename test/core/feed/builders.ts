import au from '../../../dev/feeds/au/intercom-ip-ranges.json';
import eu from '../../../dev/feeds/eu/intercom-ip-ranges.json';
import us from '../../../dev/feeds/us/intercom-ip-ranges.json';
import type { AcceptedFeed } from '../../../lambda/core/feed/assess';
import { parseRange } from '../../../lambda/core/ranges/range';
import { mergeRanges } from '../../../lambda/core/ranges/range-set';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';

export const OUTBOUND = 'INTERCOM-OUTBOUND';

/** The feeds as Intercom published them. */
export const PUBLISHED = { us, eu, au } satisfies Record<IntercomRegion, unknown>;

/** An entry of the US feed. */
export function entry(range: unknown, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { range, region: 'US', service: OUTBOUND, ...overrides };
}

/** A feed file. A text stands for an outbound US entry. */
export function feed(entries: readonly unknown[], date?: unknown): string {
  const ranges = entries.map((item) => (typeof item === 'string' ? entry(item) : item));
  return JSON.stringify({ ip_ranges: ranges, ...(date === undefined ? {} : { date }) });
}

/** A last accepted feed. */
export function accepted(ranges: readonly string[], overrides: Partial<AcceptedFeed> = {}): AcceptedFeed {
  return {
    region: 'us',
    source: 'https://feeds.example.com/us/intercom-ip-ranges.json',
    etag: '"last"',
    date: '2026-06-28',
    ranges: mergeRanges(ranges.map(parseRange)),
    newestDate: overrides.date ?? '2026-06-28',
    ...overrides,
  };
}
