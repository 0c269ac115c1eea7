import type { IntercomRegion } from '../../shared/intercom-regions';
import { parseRange, type Range } from '../ranges/range';

/**
 * The INTERCOM-OUTBOUND addresses as published on 2026-06-29. They are used only while this stack has never read a usable
 * feed for the region.
 */
const PUBLISHED: Readonly<Record<IntercomRegion, readonly string[]>> = {
  us: ['34.197.76.213', '34.231.68.152', '35.169.138.21', '35.171.78.91', '52.44.63.161', '52.70.27.159'],
  eu: ['54.216.9.3', '54.217.125.63', '54.246.173.113'],
  au: ['3.104.68.152', '52.63.36.185', '52.64.2.165'],
};

export function fallbackRanges(region: IntercomRegion): Range[] {
  return PUBLISHED[region].map(parseRange);
}
