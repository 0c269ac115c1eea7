import * as v from 'valibot';
import { OUTBOUND_SERVICE } from '../../shared/constants';
import type { IntercomRegion } from '../../shared/intercom-regions';
import { parseRange, type Range } from '../ranges/range';
import { mergeRanges } from '../ranges/range-set';
import { rejectionReason } from '../ranges/routable';

/** The published shape. Unknown fields are ignored; entries are judged one by one, so that one bad entry spoils no other. */
const FeedDocument = v.object({
  ip_ranges: v.array(v.unknown()),
  /** Judged by itself: a date that can't be read spoils no entry. */
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

/** What a feed file says. */
export interface FeedContent {
  /** The good INTERCOM-OUTBOUND ranges, merged. */
  readonly ranges: readonly Range[];
  readonly rejected: readonly RejectedEntry[];
  /** As published, if it was: `YYYY-MM-DD`, or an excerpt of whatever else. */
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
  if (!document.success) throw new InvalidFeedError(`not of the published shape: ${describe(document.issues)}`);
  const ranges: Range[] = [];
  const rejected: RejectedEntry[] = [];
  for (const entry of document.output.ip_ranges) {
    const judged = judge(entry, region);
    if (judged === undefined) continue;
    if ('reason' in judged) rejected.push(judged);
    else ranges.push(judged);
  }
  const { date } = document.output;
  return { ranges: mergeRanges(ranges), rejected, date: date === undefined ? undefined : excerpt(date) };
}

/** A range to allow, a refusal, or undefined for another service's entry. An entry without a service may be one of ours. */
function judge(entry: unknown, region: IntercomRegion): Range | RejectedEntry | undefined {
  if (!v.is(OutboundEntry, entry)) {
    const isOthers = v.is(Entry, entry) && entry.service !== OUTBOUND_SERVICE;
    return isOthers ? undefined : { range: excerpt(entry), reason: 'not an entry of the published shape' };
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
    throw new InvalidFeedError(`not JSON: it starts with ${JSON.stringify(excerpt(body))}`, { cause: error });
  }
}

/** Feed content is hostile input: what of it reaches a log is short, however large or deep it is. */
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
  return issues.map((issue) => `${v.getDotPath(issue) ?? 'body'} is no ${issue.expected}`).join('; ');
}
