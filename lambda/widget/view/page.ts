import { count } from '../../shared/text';
import { ago } from '../../shared/time';
import type { WidgetContext } from '../context';
import { type Content, type Html, html } from '../html';
import type { Overview } from '../overview';
import { runButtons } from './buttons';
import { guardsSection } from './guards';
import { plansSection } from './plans';
import { rangesSection } from './ranges';
import { runsSection, targetsSection } from './runs';
import { clip, fitting, minuteOf, prose, unlessEmpty, zoneName } from './text';
import { styleOf } from './theme';
import { timelineSection } from './timeline';

const WARNING_BYTES = 5000;
/** Width of the frame and the box around the timeline. */
const MARGINS = 48;

/** The whole widget, under 100 KB for any content. */
export function page(overview: Overview, { theme, width, utcOffset }: WidgetContext, actions: string): Html {
  const { plans, intercomRegions, runs, targets, guards, warnings } = overview;
  return frame(
    theme,
    html`<div class="top">${heading(overview, utcOffset)}${runButtons(actions)}</div>
${warningBoxes(warnings)}${unlessEmpty(plans, () => plansSection(plans, actions))}
${unlessEmpty(intercomRegions, () => rangesSection(intercomRegions, utcOffset))}
${overview.changes && timelineSection(overview, { width: Math.max(width - MARGINS, 220), utcOffset })}
${unlessEmpty(runs, () => html`<section aria-label="Runs and targets"><div class="grid">${[runsSection(runs, utcOffset), targetsSection(targets), ...guardsSection(guards)]}</div></section>`)}`,
  );
}

/** The frame of every answer. It has its own colors, because CloudWatch's differ by theme and may change. */
export function frame(theme: WidgetContext['theme'], content: Html): Html {
  return html`<div class="cwdb-no-default-styles"></div>${styleOf(theme)}<div class="ia">${content}</div>`;
}

export function warningBoxes(warnings: readonly string[]): Content {
  const boxes = warnings.map((warning) => html`<div class="box bad-box"><p>${prose(clip(warning, 1200))}</p></div>`);
  const { shown, left } = fitting(boxes, WARNING_BYTES);
  const more =
    left > 0
      ? html`<p class="bad">and ${count(left, 'more warning')}: see the record of the latest run</p>`
      : undefined;
  return html`${shown}${more}`;
}

function heading({ warnings, plans, lastSyncAt, now }: Overview, utcOffset: string): Html {
  const run = lastSyncAt === undefined ? undefined : html`Last sync ${ago(new Date(lastSyncAt), new Date(now))}. `;
  const waiting = plans.filter(({ declined }) => !declined);
  return html`<div><h2>${standing(warnings.length, waiting.length)}</h2><p class="quiet">${run}As of ${minuteOf(now, utcOffset)}, all times in ${zoneName(utcOffset)}</p></div>`;
}

function standing(warnings: number, plans: number): Html {
  if (warnings > 0) return html`<span class="bad">✗ Needs attention: ${count(warnings, 'warning')}</span>`;
  if (plans > 0) return html`<span class="wait">! ${count(plans, 'plan')} to approve</span>`;
  return html`<span class="good">✓ Healthy</span>`;
}
