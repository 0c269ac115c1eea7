import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../shared/errors';
import type { IntercomRegion } from '../../shared/intercom-regions';
import { DAY_MS } from '../../shared/time';
import type { Range } from '../ranges/range';
import { mergeRanges } from '../ranges/range-set';
import { type FeedAnswer, FeedBodyError } from './answer';
import { type FeedContent, parseFeed, type RejectedEntry } from './document';
import { fallbackRanges } from './fallback';

export type FeedStatus = 'fresh' | 'not-modified' | 'stale' | 'invalid' | 'failed' | 'fallback';

/** The last trusted answer of a region. The state table keeps it between runs. */
export interface AcceptedFeed {
  readonly region: IntercomRegion;
  /** The URL that returned it: an ETag is valid only there. */
  readonly source: string;
  readonly etag: string | undefined;
  /** `YYYY-MM-DD` as published; undefined if the answer had none. */
  readonly date: string | undefined;
  /** The latest date ever accepted. After an answer without a date, an older one must still not be acceptable. */
  readonly newestDate: string | undefined;
  readonly ranges: readonly Range[];
}

/** One region's feed as this run may use it. */
export interface FeedAssessment {
  readonly region: IntercomRegion;
  readonly status: FeedStatus;
  readonly date: string | undefined;
  /** The ranges to allow for this region: the published ones and, if the feed is distrusted, the last accepted ones too. */
  readonly ranges: readonly Range[];
  readonly rejected: readonly RejectedEntry[];
  /** Why nothing of this region may be removed in this run: an untrusted feed can add ranges but never remove them. */
  readonly distrustReason: string | undefined;
  /** Whether no run read the file for days: a range may have been published and withdrawn in between. */
  readonly missedUpdates: boolean;
  /** The answer to save as the last accepted one; undefined if it is untrusted, or the same as the saved one. */
  readonly accept: AcceptedFeed | undefined;
}

/** An answer, or the error that was thrown instead of one. */
export type FeedOutcome = FeedAnswer | { readonly kind: 'error'; readonly error: unknown };

/** A feed whose date is older than this is stale: Intercom rewrites each file daily. */
const STALE_AFTER_DAYS = 3;
/** The date of a feed that is rewritten daily and read hourly advances by more than this only if runs or the state were lost. */
const MISSED_UPDATES_AFTER_DAYS = 2;

/**
 * Assesses one region's answer, given the last accepted one.
 *
 *     answer                                   status         ranges              removals
 *     200, good                                fresh          published           yes
 *     304                                      not-modified   last accepted       yes
 *     either, over 3 days old                  stale          the same            yes
 *     200, some entry rejected                 fresh          published + last    no
 *     200, date before the last one            stale          published + last    no
 *     200, date unreadable or in the future    stale          published + last    no
 *     200, no usable outbound entry            invalid        last accepted       no
 *     200, not JSON of the published shape     invalid        last accepted       no
 *     no answer                                failed         last accepted       no
 *     any of the last three, first answer      fallback       built-in            no
 *
 * @param today `YYYY-MM-DD`, UTC.
 */
export function assessFeed(
  region: IntercomRegion,
  source: string,
  outcome: FeedOutcome,
  last: AcceptedFeed | undefined,
  today: string,
): FeedAssessment {
  if (outcome.kind === 'not-modified' && last) {
    const status = isStale(last.date, today) ? 'stale' : 'not-modified';
    return { region, status, date: last.date, ranges: last.ranges, ...NOTHING_NEW };
  }
  if (outcome.kind !== 'document') {
    const error = outcome.kind === 'error' ? outcome.error : new Error('it answered 304 to an unconditional request');
    return unusable(region, error instanceof FeedBodyError ? 'invalid' : 'failed', messageOf(error), last);
  }
  try {
    const content = parseFeed(outcome.body, region);
    if (content.ranges.length === 0)
      return unusable(region, 'invalid', 'it has no usable outbound entry', last, content.rejected);
    return assessContent(region, content, { source, etag: outcome.etag }, last, today);
  } catch (error) {
    return unusable(region, 'invalid', messageOf(error), last);
  }
}

function assessContent(
  region: IntercomRegion,
  content: FeedContent,
  answer: Pick<AcceptedFeed, 'source' | 'etag'>,
  last: AcceptedFeed | undefined,
  today: string,
): FeedAssessment {
  const { rejected } = content;
  const dateDistrust = dateFault(content.date, last?.newestDate, today);
  const distrustReason =
    dateDistrust ??
    (rejected.length > 0
      ? `${rejected.length} of its outbound entries ${rejected.length === 1 ? 'was' : 'were'} rejected`
      : undefined);
  const date = isDate(content.date) ? content.date : undefined;
  const accepted = { region, ...answer, date, newestDate: date ?? last?.newestDate, ranges: content.ranges };
  return {
    region,
    status: dateDistrust || isStale(date, today) ? 'stale' : 'fresh',
    date,
    ranges: distrustReason ? mergeRanges([...content.ranges, ...(last?.ranges ?? [])]) : content.ranges,
    rejected,
    distrustReason,
    missedUpdates:
      last?.newestDate !== undefined &&
      date !== undefined &&
      daysBetween(last.newestDate, date) > MISSED_UPDATES_AFTER_DAYS,
    accept: distrustReason || isDeepStrictEqual(accepted, last) ? undefined : accepted,
  };
}

const NOTHING_NEW = { rejected: [], distrustReason: undefined, missedUpdates: false, accept: undefined } as const;

/** The last accepted ranges stay in force, and nothing of the region is removed. If none were ever accepted, the built-in addresses are used. */
function unusable(
  region: IntercomRegion,
  status: 'invalid' | 'failed',
  distrustReason: string,
  last: AcceptedFeed | undefined,
  rejected: readonly RejectedEntry[] = [],
): FeedAssessment {
  const nothing = { ...NOTHING_NEW, region, rejected, distrustReason };
  if (!last) return { ...nothing, status: 'fallback', date: undefined, ranges: fallbackRanges(region) };
  return { ...nothing, status, date: last.date, ranges: last.ranges };
}

/** Why a date cannot be trusted. The publisher may leave it out. */
function dateFault(date: string | undefined, last: string | undefined, today: string): string | undefined {
  if (date === undefined) return undefined;
  if (!isDate(date)) return `its date ${JSON.stringify(date)} is not YYYY-MM-DD`;
  if (daysBetween(today, date) > 1) return `its date ${date} is in the future`;
  return last !== undefined && date < last ? `its date went back from ${last} to ${date}` : undefined;
}

/** Whether the text is a day of the calendar: `Date.parse` accepts a 30th of February. */
function isDate(text: string | undefined): text is string {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isStale(date: string | undefined, today: string): boolean {
  return date !== undefined && daysBetween(date, today) > STALE_AFTER_DAYS;
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS;
}
