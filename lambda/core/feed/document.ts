import * as v from 'valibot';
import { OUTBOUND_SERVICE } from '../../shared/constants';
import type { IntercomRegion } from '../../shared/intercom-regions';
import { parseRange, type Range } from '../ranges/range';
import { mergeRanges } from '../ranges/range-set';
import { rejectionReason } from '../ranges/routable';

/** The published shape. Unknown fields are ignored. Entries are checked one by one, so that a bad one does not affect the others. */
const FeedDocument = v.object({
  ip_ranges: v.array(v.unknown()),
  /** Checked separately: an unreadable date does not affect the entries. */
  date: v.optional(v.unknown()),
});

const Entry = v.object({ service: v.string() });
const OutboundEntry = v.object({ service: v.literal(OUTBOUND_SERVICE), range: v.string(), region: v.string() });

/** A published entry that must not be allowed. */
export interface RejectedEntry {
  /** The published text, shortened. */
  readonly range: string;
  readonly reason: string;
}

/** The content of a feed file. */
export interface FeedContent {
  /** The ranges of the valid INTERCOM-OUTBOUND entries, merged. */
  readonly ranges: readonly Range[];
  readonly rejected: readonly RejectedEntry[];
  /** As published, shortened: `YYYY-MM-DD` if it is valid. Undefined if there is none. */
  readonly date: string | undefined;
}

/** Thrown when a body is not a feed of the published shape. */
export class InvalidFeedError extends Error {
  override readonly name = 'InvalidFeedError';
}

/**
 * Reads one region's feed file.
 *
 * @throws InvalidFeedError when it is not JSON of the published shape.
 */
export function parseFeed(body: string, region: IntercomRegion): FeedContent {
  const document = v.safeParse(FeedDocument, parseJson(body));
  if (!document.success)
    throw new InvalidFeedError(`it does not have the published shape: ${describe(document.issues)}`);
  const ranges: Range[] = [];
  const rejected: RejectedEntry[] = [];
  for (const entry of document.output.ip_ranges) {
    const result = readEntry(entry, region);
    if (result === undefined) continue;
    if ('reason' in result) rejected.push(result);
    else ranges.push(result);
  }
  const { date } = document.output;
  return { ranges: mergeRanges(ranges), rejected, date: date === undefined ? undefined : excerpt(date) };
}

/** A range to allow, a rejected entry, or undefined for another service's entry. An entry without a service may be an outbound one. */
function readEntry(entry: unknown, region: IntercomRegion): Range | RejectedEntry | undefined {
  if (!v.is(OutboundEntry, entry)) {
    const isOtherService = v.is(Entry, entry) && entry.service !== OUTBOUND_SERVICE;
    return isOtherService ? undefined : { range: excerpt(entry), reason: 'does not have the published shape' };
  }
  if (entry.region.toLowerCase() !== region) {
    return { range: excerpt(entry.range), reason: `of region ${excerpt(entry.region)}, not ${region.toUpperCase()}` };
  }
  try {
    const range = parseRange(entry.range);
    const reason = rejectionReason(range);
    return reason === undefined ? range : { range: excerpt(entry.range), reason };
  } catch {
    return { range: excerpt(entry.range), reason: 'not an address or CIDR' };
  }
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new InvalidFeedError(`it is not JSON: it starts with ${JSON.stringify(excerpt(body))}`, { cause: error });
  }
}

/** Feed content is hostile input: an excerpt that reaches a log is short, however large or deep the value is. */
function excerpt(value: unknown): string {
  const text = typeof value === 'string' ? value : stringify(value);
  return text.length > 64 ? `${text.slice(0, 64)}...` : text;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'a value nested too deeply to show';
  }
}

function describe(issues: readonly v.BaseIssue<unknown>[]): string {
  return issues.map((issue) => `${v.getDotPath(issue) ?? 'body'} is not ${issue.expected}`).join('; ');
}
