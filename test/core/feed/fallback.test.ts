import { fallbackRanges } from '../../../lambda/core/feed/fallback';
import { formatRange } from '../../../lambda/core/ranges/range';
import { mergeRanges } from '../../../lambda/core/ranges/range-set';
import { OUTBOUND_SERVICE } from '../../../lambda/shared/constants';
import { INTERCOM_REGIONS } from '../../../lambda/shared/intercom-regions';
import { PUBLISHED } from './builders';

test.each(INTERCOM_REGIONS)('the built-in addresses of %s are the published outbound ones', (region) => {
  const published = PUBLISHED[region].ip_ranges.filter(({ service }) => service === OUTBOUND_SERVICE);
  expect(fallbackRanges(region).map(formatRange).sort()).toEqual(published.map(({ range }) => range).sort());
});

test.each(INTERCOM_REGIONS)('the built-in addresses of %s are sorted and merged', (region) => {
  expect(fallbackRanges(region)).toEqual(mergeRanges(fallbackRanges(region)));
});
