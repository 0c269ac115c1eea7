import type { FeedResult } from '../../lambda/core/report/run-record';
import { countLogged } from '../../lambda/core/report/truncate-for-log';
import { count } from '../../lambda/shared/text';
import { type Colors, columns, type TerminalOptions } from './terminal';
import { daysSince } from './time';

/** The feeds of a run, one per row. */
export function feedTable(feeds: readonly FeedResult[], terminal: TerminalOptions, now = new Date()): string {
  return columns(FEED_HEAD, feedRows(feeds, terminal.colors, now), terminal);
}

/** The head of `feedRows`. */
export const FEED_HEAD = ['feed', 'status', 'date', 'age', 'ranges', 'note'] as const;

/** One row per feed. */
export function feedRows(feeds: readonly FeedResult[], colors: Colors, now = new Date()): string[][] {
  return feeds.map((feed) => [
    feed.region.toUpperCase(),
    paint(feed, colors),
    feed.date ?? 'undated',
    feed.date === null ? '' : ageOf(feed.date, now),
    String(countLogged(feed.ranges)),
    noteOf(feed),
  ]);
}

/** Whether an operator should check the feed. */
export function needsAttention({ status, rejected, error }: FeedResult): boolean {
  return !isUsable(status) || rejected.length > 0 || error !== null;
}

function isUsable(status: FeedResult['status']): boolean {
  return status === 'fresh' || status === 'not-modified';
}

function paint(feed: FeedResult, colors: Colors): string {
  if (!needsAttention(feed)) return colors.green(feed.status);
  return isUsable(feed.status) || feed.status === 'stale' ? colors.yellow(feed.status) : colors.red(feed.status);
}

function ageOf(date: string, now: Date): string {
  const days = daysSince(date, now);
  return days < 1 ? 'today' : count(days, 'day');
}

/** Why the feed is distrusted, what that means, and which entries were rejected. */
function noteOf({ error, rejected }: FeedResult): string {
  const distrustReason = error === null ? [] : [`untrusted, so none of its ranges are removed: ${error}`];
  return [...distrustReason, ...rejected.map(({ range, reason }) => `rejected ${range}: ${reason}`)].join('; ');
}
