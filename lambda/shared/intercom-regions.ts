/** Intercom's data regions, in the order in which they are reported. Not AWS Regions. */
export const INTERCOM_REGIONS = ['us', 'eu', 'au'] as const;

export type IntercomRegion = (typeof INTERCOM_REGIONS)[number];

/** Where a range to allow comes from: the feed of an Intercom region, or the operator's own `extraRanges`. */
export const RANGE_SOURCES = [...INTERCOM_REGIONS, 'extra'] as const;

export type RangeSource = (typeof RANGE_SOURCES)[number];

export function isIntercomRegion(text: string): text is IntercomRegion {
  return (INTERCOM_REGIONS as readonly string[]).includes(text);
}
