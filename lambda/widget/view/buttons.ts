import { countLogged } from '../../core/report/truncate-for-log';
import { type Html, html, json } from '../html';
import type { WaitingPlan } from '../overview';
import { listed } from './text';

/** The payload for the sync function. */
type Payload = { readonly mode: 'plan' | 'apply' } | { readonly approve: string } | { readonly decline: string };

/** @param actions ARN of the function that acts */
export function runButtons(actions: string): Html {
  return html`<div class="buttons">${[
    button(
      'Plan',
      actions,
      { mode: 'plan' },
      'Read the feeds and the targets now, and show what a sync would change? It writes nothing.',
    ),
    button('Sync now', actions, { mode: 'apply' }, 'Sync now? Changes that need approval still wait for it.'),
  ]}</div>`;
}

/** Buttons that answer a plan: a declined one can only be approved. @param actions ARN of the function that acts */
export function answerButtons(plan: WaitingPlan, actions: string): Html {
  const decline = plan.declined ? [] : [declineButton(plan, actions)];
  return html`<div class="buttons">${[approveButton(plan, actions), ...decline]}</div>`;
}

function declineButton({ planId, target }: WaitingPlan, actions: string): Html {
  const question = `Decline plan ${planId}? ${target} stays as it is, and the alarm about the plan goes quiet until the plan changes.`;
  return button('Decline', actions, { decline: planId }, question);
}

function approveButton({ planId, target, added, removed }: WaitingPlan, actions: string): Html {
  const what = [
    ...(added.length > 0 ? [`adds ${countLogged(added)} (${listed(added)})`] : []),
    ...(removed.length > 0 ? [`removes ${countLogged(removed)} (${listed(removed)})`] : []),
  ];
  const question = `Approve plan ${planId}? In ${target} it ${what.join(' and ')}.`;
  return button('Approve this plan', actions, { approve: planId }, question, 'primary');
}

/**
 * A button that calls a function with the viewer's own permissions, and shows the answer in a window. A `cwdb-action` belongs to
 * the element just before it (CloudWatch user guide, "Interactivity in the custom widget"). Each pair has its own element, so that
 * it cannot belong to another.
 */
function button(label: string, endpoint: string, payload: Payload, confirmation: string, kind = ''): Html {
  return html`<span><button type="button" class="btn ${kind}">${label}</button><cwdb-action action="call" display="popup" endpoint="${endpoint}" confirmation="${confirmation}">${json(payload)}</cwdb-action></span>`;
}
