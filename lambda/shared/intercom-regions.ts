/** Intercom's data regions, in the order in which they are reported. Not AWS Regions. */
export const REGIONS = ['us', 'eu', 'au'] as const;

export type Region = (typeof REGIONS)[number];

export function isRegion(text: string): text is Region {
  return (REGIONS as readonly string[]).includes(text);
}
