import { count } from '../../shared/text';
import { type Html, html } from '../html';
import { CHANGE_DAYS } from '../log';
import type { Overview } from '../overview';
import type { Change } from '../records';
import { type Calendar, calendarOf, type Mark } from './marks';
import { code, fitting, listed, minuteOf, unlessEmpty } from './text';

const MARK_BYTES = 16_000;
const LIST_BYTES = 8000;
const LISTED = 12;

/** Positions, in pixels. */
const ROW = 38;
const LABELS = 76;
const RIGHT_MARGIN = 24;
const AXIS = 22;
const MARK = 6;
/** A label such as `11-25` and the space around it. */
const DAY_LABEL = 48;
/** Width of a mark and its number. */
const NUMBER = 28;

/** The position of a day and a region. */
interface Scale {
  readonly width: number;
  readonly height: number;
  /** Pixels from one day to the next. */
  readonly step: number;
  x(day: string): number;
  y(region: string): number;
}

/** The changes of the last 30 days and the pending removals as a picture, and the changes as a list too. */
export function timelineSection(
  overview: Overview,
  { width, utcOffset }: { readonly width: number; readonly utcOffset: string },
): Html {
  const { changes = [], changesSince, intercomRegions } = overview;
  const calendar = calendarOf(overview, utcOffset);
  const names = [...new Set([...intercomRegions.map(({ name }) => name), ...changes.map(({ region }) => region)])];
  const cut = changesSince
    ? html`<p class="wait">Changes before ${minuteOf(changesSince, utcOffset)} are not shown, because there are too many</p>`
    : undefined;
  return html`<section aria-label="Changes"><div class="box"><div class="top"><h3>Changes in ${CHANGE_DAYS} days</h3><span class="quiet"><span class="good">▲</span> added <span class="bad">▼</span> removed <span class="wait">▽</span> to be removed</span></div>
${picture(calendar, names, width)}${cut}${changes.length > 0 ? changeList(changes, utcOffset) : html`<p>No change</p>`}</div></section>`;
}

function picture(calendar: Calendar, names: readonly string[], width: number): Html {
  const scale = scaleOf(calendar.days, names, width);
  const { height, x, y } = scale;
  const lines = names.map(
    (name) =>
      html`<text x="0" y="${y(name) + 4}">${name.toUpperCase()}</text><path class="line" d="M${LABELS} ${y(name)}H${width - RIGHT_MARGIN}"/>`,
  );
  const marks = calendar.marks.filter(({ day }) => calendar.days.includes(day));
  const { shown, left } = fitting(
    marks.map((mark) => drawn(mark, scale)),
    MARK_BYTES,
  );
  const more =
    left > 0
      ? html`<p class="wait">${count(left, 'earlier mark')} not drawn, because there are too many</p>`
      : undefined;
  return html`<svg role="img" aria-label="Timeline of changes; the list below says the same" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${lines}<path class="now" d="M${x(calendar.today)} 0V${height - AXIS}"/>${shown}${axis(calendar.days, scale)}</svg>${more}`;
}

/** Additions above the line, removals and pending removals below it. */
function drawn({ region, day, added, removed, due }: Mark, { x: xOf, y: yOf, step }: Scale): Html {
  const [x, y] = [xOf(day), yOf(region)];
  const said = [
    ...(added > 0 ? [`${added} added`] : []),
    ...(removed > 0 ? [`${removed} removed`] : []),
    ...(due > 0 ? [`${due} to be removed, unless published again`] : []),
  ];
  const up = html`<path class="good" d="M${x - MARK} ${y - 2}h${2 * MARK}l${-MARK} ${1 - 2 * MARK}z"/>`;
  const down = html`<path class="${removed > 0 ? 'bad' : 'due'}" d="M${x - MARK} ${y + 2}h${2 * MARK}l${-MARK} ${2 * MARK - 1}z"/>`;
  const number = (of: number, above: number) =>
    of > 1 && step >= NUMBER ? html`<text x="${x + MARK + 1}" y="${y + above}">${of}</text>` : undefined;
  return html`<g><title>${region.toUpperCase()} ${day}: ${said.join(', ')}</title>${added > 0 ? up : undefined}${
    removed + due > 0 ? down : undefined
  }${number(added, -4)}${number(removed + due, 13)}</g>`;
}

function axis(days: readonly string[], { x, width, height }: Scale): Html {
  const every = Math.ceil((days.length * DAY_LABEL) / (width - LABELS - RIGHT_MARGIN));
  const labelled = days.filter((_, i) => i % every === 0);
  return html`${labelled.map((day) => html`<text text-anchor="middle" x="${x(day)}" y="${height - 6}">${day.slice(5)}</text>`)}`;
}

function scaleOf(days: readonly string[], names: readonly string[], width: number): Scale {
  const step = (width - LABELS - RIGHT_MARGIN - 2 * MARK) / (days.length - 1);
  return {
    width,
    height: names.length * ROW + AXIS,
    step,
    x: (day) => Math.round(LABELS + MARK + days.indexOf(day) * step),
    y: (region) => names.indexOf(region) * ROW + ROW / 2,
  };
}

function changeList(changes: readonly Change[], utcOffset: string): Html {
  const { shown, left } = fitting(
    changes.map((change) => changeItem(change, utcOffset)),
    LIST_BYTES,
  );
  const more = left > 0 ? html`<p>and ${count(left, 'earlier change')}: in the sync's log</p>` : undefined;
  return html`<details><summary>${count(changes.length, 'change')}, the latest first</summary><ul>${shown}</ul>${more}</details>`;
}

function changeItem({ at, region, added, removed }: Change, utcOffset: string): Html {
  const part = (ranges: readonly string[], kind: 'good' | 'bad', done: string) =>
    unlessEmpty(ranges, () => html` <span class="${kind}">${done}</span> ${code(listed(ranges, LISTED))}`);
  return html`<li>${minuteOf(at, utcOffset)} ${region.toUpperCase()}:${part(added, 'good', 'added')}${part(removed, 'bad', 'removed')}</li>`;
}
