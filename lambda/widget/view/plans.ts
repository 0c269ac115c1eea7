import { countLogged } from '../../core/report/truncate-for-log';
import { count } from '../../shared/text';
import { type Html, html } from '../html';
import type { WaitingPlan } from '../overview';
import { answerButtons } from './buttons';
import { clip, code, fitting, listed, prose } from './text';

const BYTES = 8000;
const LISTED = 12;

/** The plans that await approval or were declined, each with its buttons. */
export function plansSection(plans: readonly WaitingPlan[], actions: string): Html {
  const { shown, left } = fitting(
    plans.map((plan) => planBox(plan, actions)),
    BYTES,
  );
  const more =
    left > 0 ? html`<p>${count(left, 'more plan')} in the record of the latest run, in the sync's log</p>` : undefined;
  return html`<section aria-label="Plans that await approval">${shown}${more}</section>`;
}

function planBox(plan: WaitingPlan, actions: string): Html {
  const { planId, target, added, removed, reason } = plan;
  return html`<div class="box wait-box"><div class="top"><p><b>Plan ${code(planId)}</b> in ${prose(clip(target, 120))}</p>${answerButtons(plan, actions)}</div>
${change('Adds', added)}${change('Removes', removed)}<p class="quiet">${prose(clip(reason, 700))}</p></div>`;
}

function change(does: string, ranges: readonly string[]): Html | undefined {
  return ranges.length > 0 ? html`<p>${does} ${countLogged(ranges)}: ${code(listed(ranges, LISTED))}</p>` : undefined;
}
