import { OUTBOUND_SERVICE } from '../../../lambda/shared/names';
import { REGIONS } from '../../../lambda/shared/regions';
import { bootstrapRanges } from '../../../lambda/sync/feed/bootstrap';
import { formatRange } from '../../../lambda/sync/ranges/range';
import { mergeRanges } from '../../../lambda/sync/ranges/range-set';
import { PUBLISHED } from './builders';

test.each(REGIONS)('what ships for %s is what was published for it, and nothing of another service', (region) => {
  const published = PUBLISHED[region].ip_ranges.filter(({ service }) => service === OUTBOUND_SERVICE);
  expect(bootstrapRanges(region).map(formatRange).sort()).toEqual(published.map(({ range }) => range).sort());
});

test.each(REGIONS)('what ships for %s is sorted and merged, as any list of ranges is', (region) => {
  expect(bootstrapRanges(region)).toEqual(mergeRanges(bootstrapRanges(region)));
});
