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

/** The last answer of a region that was taken without doubt. Remembered between runs. */
export interface AcceptedFeed {
  readonly region: IntercomRegion;
  /** The URL it came from: an ETag means nothing elsewhere. */
  readonly source: string;
  readonly etag: string | undefined;
  /** `YYYY-MM-DD` as published, if it was. */
  readonly date: string | undefined;
  /** The latest date ever accepted. An answer without a date must not make an older one acceptable. */
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
  /** Why nothing of this region may be removed in this run. Doubt adds but never removes. */
  readonly distrustReason: string | undefined;
  /** Whether the file was rewritten unseen for days: what happened to a range in between is not known. */
  readonly missedUpdates: boolean;
  /** What to remember as the last accepted answer, if it differs from what is remembered. */
  readonly accept: AcceptedFeed | undefined;
}

/** An answer, or what was thrown instead of one. */
export type FeedOutcome = FeedAnswer | { readonly kind: 'error'; readonly error: unknown };

/** Older than this is stale: Intercom rewrites each file daily. */
const STALE_AFTER_DAYS = 3;
/** A feed that is rewritten daily and read hourly never jumps further than this, unless runs or their state were lost. */
const MISSED_UPDATES_AFTER_DAYS = 2;

/**
 * Assesses one region's answer, given the last accepted one.
 *
 *     answer                                   status         ranges              removals
 *     200, good                                fresh          published           yes
 *     304                                      not-modified   last accepted       yes
 *     either, dated over 3 days ago            stale          the same            yes
 *     200, some entry rejected                 fresh          published + last    no
 *     200, date earlier than the last          stale          published + last    no
 *     200, date unreadable or in the future    stale          published + last    no
 *     200, no good outbound entry              invalid        last accepted       no
 *     200, not JSON of the published shape     invalid        last accepted       no
 *     none                                     failed         last accepted       no
 *     any of the last three, none accepted     fallback       built-in            no
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
    const error = outcome.kind === 'error' ? outcome.error : new Error('answered 304 to an unconditional request');
    return unusable(region, error instanceof FeedBodyError ? 'invalid' : 'failed', messageOf(error), last);
  }
  try {
    const content = parseFeed(outcome.body, region);
    if (content.ranges.length === 0)
      return unusable(region, 'invalid', 'no good outbound entry', last, content.rejected);
    return judge(region, content, { source, etag: outcome.etag }, last, today);
  } catch (error) {
    return unusable(region, 'invalid', messageOf(error), last);
  }
}

function judge(
  region: IntercomRegion,
  content: FeedContent,
  answer: Pick<AcceptedFeed, 'source' | 'etag'>,
  last: AcceptedFeed | undefined,
  today: string,
): FeedAssessment {
  const { rejected } = content;
  const dateDistrust = dateFault(content.date, last?.newestDate, today);
  const distrustReason =
    dateDistrust ?? (rejected.length > 0 ? `${rejected.length} of its outbound entries were rejected` : undefined);
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

/** The last accepted ranges stay in force, and nothing of the region is removed. Where none ever were, the shipped ones serve. */
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

/** Why a date can't be trusted. None at all is no fault: the publisher may leave it out. */
function dateFault(date: string | undefined, last: string | undefined, today: string): string | undefined {
  if (date === undefined) return undefined;
  if (!isDate(date)) return `its date ${JSON.stringify(date)} is not YYYY-MM-DD`;
  if (daysBetween(today, date) > 1) return `its date ${date} lies in the future`;
  return last !== undefined && date < last ? `its date went back from ${last} to ${date}` : undefined;
}

/** Whether it names a day that there is: `Date.parse` takes a 30th of February. */
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
