/** Intercom's data regions, in the order in which they are reported. Not AWS Regions. */
export const INTERCOM_REGIONS = ['us', 'eu', 'au'] as const;

export type IntercomRegion = (typeof INTERCOM_REGIONS)[number];

export function isIntercomRegion(text: string): text is IntercomRegion {
  return (INTERCOM_REGIONS as readonly string[]).includes(text);
}
