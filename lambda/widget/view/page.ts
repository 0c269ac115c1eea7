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

const TROUBLE_BYTES = 5000;
/** What the frame and the box around the timeline take of the width. */
const MARGINS = 48;

/** The whole widget: under 100 KB, however much there is to show. */
export function page(overview: Overview, { theme, width, utcOffset }: WidgetContext, actions: string): Html {
  const { plans, intercomRegions, runs, targets, troubles } = overview;
  return frame(
    theme,
    html`<div class="top">${heading(overview, utcOffset)}${runButtons(actions)}</div>
${troubleBoxes(troubles)}${unlessEmpty(plans, () => plansSection(plans, actions))}
${unlessEmpty(intercomRegions, () => rangesSection(intercomRegions, utcOffset))}
${overview.changes && timelineSection(overview, { width: Math.max(width - MARGINS, 220), utcOffset })}
${unlessEmpty(runs, () => html`<section aria-label="Runs and targets"><div class="grid">${[runsSection(runs, utcOffset), targetsSection(targets)]}</div></section>`)}`,
  );
}

/** What every answer stands in: its own colours, for CloudWatch's own differ by theme and may change. */
export function frame(theme: WidgetContext['theme'], content: Html): Html {
  return html`<div class="cwdb-no-default-styles"></div>${styleOf(theme)}<div class="ia">${content}</div>`;
}

export function troubleBoxes(troubles: readonly string[]): Content {
  const boxes = troubles.map((trouble) => html`<div class="box bad-box"><p>${prose(clip(trouble, 1200))}</p></div>`);
  const { shown, left } = within(boxes, TROUBLE_BYTES);
  const more =
    left > 0
      ? html`<p class="bad">and ${count(left, 'more trouble')}: see the record of the latest run</p>`
      : undefined;
  return html`${shown}${more}`;
}

function heading({ troubles, plans, runs, now }: Overview, utcOffset: string): Html {
  const [latest] = runs;
  const run = latest ? html`Last run ${ago(new Date(latest.at), new Date(now))}. ` : undefined;
  return html`<div><h2>${standing(troubles.length, plans.length)}</h2><p class="quiet">${run}As of ${minuteOf(now, utcOffset)}, all times in ${zoneName(utcOffset)}</p></div>`;
}

function standing(troubles: number, plans: number): Html {
  if (troubles > 0)
    return html`<span class="bad">✗ ${troubles === 1 ? 'Something needs' : `${troubles} things need`} a look</span>`;
  if (plans > 0) return html`<span class="wait">! ${count(plans, 'plan')} to approve</span>`;
  return html`<span class="good">✓ All is in order</span>`;
}
