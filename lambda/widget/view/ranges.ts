import { count } from '../../shared/text';
import { bytesOf, type Content, type Html, html } from '../html';
import type { RangeOverview, RangeStatus, RegionOverview } from '../overview';
import { clip, code, dayOf, fitting, minuteOf, prose } from './text';

const BYTES = 42_000;
/** More than fit into those bytes. */
const MOST_RENDERED = 1000;
/** Shown before the rest is folded away. Intercom publishes three to six per region. */
const AT_ONCE = 8;

/** The ranges in force, by region: first those that will not stay, then the latest. */
export function rangesSection(intercomRegions: readonly RegionOverview[], utcOffset: string): Html {
  const rows = intercomRegions.map(({ ranges }) =>
    ranges.slice(0, MOST_RENDERED).map((range) => row(range, utcOffset)),
  );
  const bytes = shares(
    rows.map((ofRegion) => ofRegion.reduce((sum, content) => sum + bytesOf(content), 0)),
    BYTES,
  );
  const boxes = intercomRegions.map((region, i) => regionBox(region, rows[i] ?? [], bytes[i] ?? 0));
  return html`<section aria-label="Ranges in force"><div class="grid">${boxes}</div></section>`;
}

function regionBox({ name, feed, ranges }: RegionOverview, rows: readonly Html[], bytes: number): Html {
  const { shown } = fitting(rows, bytes);
  const isShort = shown.length === ranges.length && shown.length <= AT_ONCE + 2;
  const atOnce = isShort ? shown : shown.slice(0, AT_ONCE);
  const list = html`${table(atOnce)}${folded(shown.slice(atOnce.length), ranges.length - atOnce.length)}`;
  return html`<div class="box"><div class="top"><h3>${name.toUpperCase()}: ${count(ranges.length, 'range')} in force</h3><span class="quiet">${feedText(name, feed)}</span></div>${
    ranges.length > 0 ? list : html`<p>none</p>`
  }</div>`;
}

/** @param more how many there are; the rows are those that fit */
function folded(rows: readonly Html[], more: number): Content {
  const unlisted = more - rows.length;
  const rest =
    unlisted > 0
      ? html`<p>${unlisted} more are not shown here: the command line lists all with status --json</p>`
      : undefined;
  return rows.length > 0 ? html`<details><summary>and ${more} more</summary>${table(rows)}${rest}</details>` : rest;
}

function table(rows: readonly Html[]): Html {
  return html`<table><thead><tr><th>range</th><th class="day">since</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function row({ range, addedAt, status }: RangeOverview, utcOffset: string): Html {
  return html`<tr><td>${code(clip(range, 60))}${statusText(status, utcOffset)}</td><td class="day">${dayOf(addedAt, utcOffset)}</td></tr>`;
}

function statusText(status: RangeStatus, utcOffset: string): Content {
  switch (status.kind) {
    case 'active':
      return undefined;
    case 'expiring':
      return html`<div class="wait">no longer published; removed after ${minuteOf(status.after, utcOffset)} unless published again</div>`;
    case 'due':
      return html`<div class="wait">no longer published; its grace period is over: the next sync removes it, unless it is published again, deferred or awaits approval</div>`;
    case 'deferred':
      return html`<div class="wait">no longer published; not removed: ${prose(clip(status.reason, 120))}</div>`;
    case 'awaiting-approval':
      return html`<div class="wait">no longer published; awaits approval of plan ${code(clip(status.planId, 20))}</div>`;
  }
}

function feedText(name: string, feed: RegionOverview['feed']): string {
  if (name === 'unknown') return 'without an ownership record';
  if (name === 'extra') return 'configured in extraRanges';
  if (!feed) return 'no feed accepted yet';
  const dated = feed.date === null ? 'undated feed' : `feed of ${clip(feed.date, 20)}`;
  return [dated, ...(feed.status ? [feed.status] : []), ...(feed.error ? ['untrusted'] : [])].join(', ');
}

/** Each one's share of a total: what it needs, or an equal part of what the smaller ones leave. */
function shares(needs: readonly number[], total: number): number[] {
  const order = needs.map((_, i) => i).sort((a, b) => (needs[a] ?? 0) - (needs[b] ?? 0));
  const granted = needs.map(() => 0);
  let left = total;
  for (const [done, i] of order.entries()) {
    granted[i] = Math.min(needs[i] ?? 0, left / (order.length - done));
    left -= granted[i] ?? 0;
  }
  return granted;
}
