import type { Region } from '../../../lambda/shared/regions';
import type { AcceptedFeed } from '../../../lambda/sync/feed/reading';
import { parseRange } from '../../../lambda/sync/ranges/range';
import { mergeRanges } from '../../../lambda/sync/ranges/range-set';
import au from '../../../local/feeds/au/intercom-ip-ranges.json';
import eu from '../../../local/feeds/eu/intercom-ip-ranges.json';
import us from '../../../local/feeds/us/intercom-ip-ranges.json';

export const OUTBOUND = 'INTERCOM-OUTBOUND';

/** The feeds as Intercom published them. */
export const PUBLISHED = { us, eu, au } satisfies Record<Region, unknown>;

/** An entry of the US feed. */
export function entry(range: unknown, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  return { range, region: 'US', service: OUTBOUND, ...overrides };
}

/** A feed file: texts stand for outbound entries of the US. */
export function feed(entries: readonly unknown[], date?: unknown): string {
  const ranges = entries.map((item) => (typeof item === 'string' ? entry(item) : item));
  return JSON.stringify({ ip_ranges: ranges, ...(date === undefined ? {} : { date }) });
}

/** What was accepted last. */
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
