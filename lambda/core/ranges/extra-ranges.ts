import { InvalidConfigError } from '../../shared/errors';
import { parseRange, type Range } from './range';
import { rejectionReason } from './routable';

/**
 * The operator's own ranges, from a comma-separated list of addresses and CIDRs. The same rules apply to them as to a feed. They are not
 * merged: two neighbors can be wider together than either may be, and the list is parsed again from what this returns.
 *
 * @throws InvalidConfigError with the first item that the rules reject, and why
 */
export function parseExtraRanges(text: string, key: string): Range[] {
  const items = text === '' ? [] : text.split(',').map((item) => item.trim());
  return items.map((item) => parseExtraRange(item, key));
}

function parseExtraRange(text: string, key: string): Range {
  const allowed = 'a comma-separated list of globally routable addresses and CIDRs, at most /20 (IPv4) or /40 (IPv6)';
  let range: Range;
  try {
    range = parseRange(text);
  } catch {
    throw new InvalidConfigError(key, text, allowed);
  }
  const reason = rejectionReason(range);
  if (reason !== undefined) throw new InvalidConfigError(key, text, `${allowed}. Rejected: ${reason}`);
  return range;
}
