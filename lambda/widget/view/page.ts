import { count } from '../../shared/text';
import { ago } from '../../shared/time';
import type { WidgetContext } from '../context';
import { type Content, type Html, html } from '../html';
import type { Overview } from '../overview';
import { runButtons } from './buttons';
import { plansSection } from './plans';
import { rangesSection } from './ranges';
import { runsSection, targetsSection } from './runs';
import { clip, minuteOf, prose, unlessEmpty, within, zoneName } from './text';
import { styleOf } from './theme';
import { timelineSection } from './timeline';

const WARNING_BYTES = 5000;
/** What the frame and the box around the timeline take of the width. */
const MARGINS = 48;

/** The whole widget: under 100 KB, however much there is to show. */
export function page(overview: Overview, { theme, width, utcOffset }: WidgetContext, actions: string): Html {
  const { plans, intercomRegions, runs, targets, warnings } = overview;
  return frame(
    theme,
    html`<div class="top">${heading(overview, utcOffset)}${runButtons(actions)}</div>
${warningBoxes(warnings)}${unlessEmpty(plans, () => plansSection(plans, actions))}
${unlessEmpty(intercomRegions, () => rangesSection(intercomRegions, utcOffset))}
${overview.changes && timelineSection(overview, { width: Math.max(width - MARGINS, 220), utcOffset })}
${unlessEmpty(runs, () => html`<section aria-label="Runs and targets"><div class="grid">${[runsSection(runs, utcOffset), targetsSection(targets)]}</div></section>`)}`,
  );
}

/** What every answer stands in: its own colours, for CloudWatch's own differ by theme and may change. */
export function frame(theme: WidgetContext['theme'], content: Html): Html {
  return html`<div class="cwdb-no-default-styles"></div>${styleOf(theme)}<div class="ia">${content}</div>`;
}

export function warningBoxes(warnings: readonly string[]): Content {
  const boxes = warnings.map((warning) => html`<div class="box bad-box"><p>${prose(clip(warning, 1200))}</p></div>`);
  const { shown, left } = within(boxes, WARNING_BYTES);
  const more =
    left > 0
      ? html`<p class="bad">and ${count(left, 'more trouble')}: see the record of the latest run</p>`
      : undefined;
  return html`${shown}${more}`;
}

function heading({ warnings, plans, runs, now }: Overview, utcOffset: string): Html {
  const [latest] = runs;
  const run = latest ? html`Last run ${ago(new Date(latest.at), new Date(now))}. ` : undefined;
  const waiting = plans.filter(({ declined }) => !declined);
  return html`<div><h2>${standing(warnings.length, waiting.length)}</h2><p class="quiet">${run}As of ${minuteOf(now, utcOffset)}, all times in ${zoneName(utcOffset)}</p></div>`;
}

function standing(warnings: number, plans: number): Html {
  if (warnings > 0)
    return html`<span class="bad">✗ ${warnings === 1 ? 'Something needs' : `${warnings} things need`} a look</span>`;
  if (plans > 0) return html`<span class="wait">! ${count(plans, 'plan')} to approve</span>`;
  return html`<span class="good">✓ All is in order</span>`;
}
