import * as v from 'valibot';
import { OUTBOUND_SERVICE } from '../../shared/constants';
import type { IntercomRegion } from '../../shared/intercom-regions';
import { formatRange, hasHostBits, parseRange, type Range } from '../ranges/range';
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

/** A published entry that is wrong, so that nothing of its region is removed. */
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
    const { range, rejection } = readEntry(entry, region);
    if (range) ranges.push(range);
    if (rejection) rejected.push(rejection);
  }
  const { date } = document.output;
  return { ranges: mergeRanges(ranges), rejected, date: date === undefined ? undefined : excerpt(date) };
}

/** One entry: a range to allow, why it is wrong, both, or neither if it is another service's. */
interface ReadEntry {
  readonly range?: Range;
  readonly rejection?: RejectedEntry;
}

/** An entry without a service may be an outbound one. */
function readEntry(entry: unknown, region: IntercomRegion): ReadEntry {
  if (!v.is(OutboundEntry, entry)) {
    const service = v.is(Entry, entry) ? entry.service : OUTBOUND_SERVICE;
    if (service === OUTBOUND_SERVICE) return reject(entry, 'does not have the published shape');
    return isMisspelled(service) ? reject(entry, `its service is "${excerpt(service)}", not ${OUTBOUND_SERVICE}`) : {};
  }
  if (entry.region.toLowerCase() === region) return readRange(entry.range);
  return reject(entry.range, `of region ${excerpt(entry.region)}, not ${region.toUpperCase()}`);
}

/** Whether a service differs from the outbound one only in case and white space. Then the publisher probably means that one. */
function isMisspelled(service: string): boolean {
  return service.replace(/[\s\p{Cf}]/gu, '').toUpperCase() === OUTBOUND_SERVICE;
}

function readRange(text: string): ReadEntry {
  try {
    const range = parseRange(text);
    const reason = rejectionReason(range);
    if (reason !== undefined) return reject(text, reason);
    return hasHostBits(text)
      ? { range, ...reject(text, `host bits are set, so it was read as ${formatRange(range)}`) }
      : { range };
  } catch {
    return reject(text, 'not an address or CIDR');
  }
}

function reject(entry: unknown, reason: string): ReadEntry {
  return { rejection: { range: excerpt(entry), reason } };
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
