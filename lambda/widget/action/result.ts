import { isBlocked } from '../../core/report/awaiting';
import type { RunRecord } from '../../core/report/run-record';
import { targetName } from '../../shared/target-name';
import { count } from '../../shared/text';
import type { WidgetContext } from '../context';
import { type Html, html } from '../html';
import { plansIn } from '../overview';
import { frame, warningBoxes } from '../view/page';
import { plansSection } from '../view/plans';
import { diffList, targetsSection } from '../view/runs';
import { unlessEmpty } from '../view/text';
import { sentence } from '../warnings';
import type { Answer } from './invoke';

/** The content of the window that opens after a button was pressed. */
export function resultPage(answer: Answer, { theme }: WidgetContext, actions: string): Html {
  return frame(theme, 'error' in answer ? html`${warningBoxes([answer.error])}` : runResult(answer.run, actions));
}

function runResult(run: RunRecord, actions: string): Html {
  const plans = plansIn(run);
  const blocked = run.targets.filter(isBlocked);
  const problems = [
    ...(run.error === null ? [] : [run.error]),
    ...blocked.map((target) => `${sentence(targetName(target))} is blocked: ${target.error}`),
  ];
  const refresh =
    run.mode === 'apply' ? html`<p class="quiet">Refresh the dashboard to see the result there.</p>` : undefined;
  return html`<h2>${headline(run)}</h2>${warningBoxes(problems)}${diffList(run)}${unlessEmpty(plans, () => plansSection(plans, actions))}<section>${targetsSection(run.targets)}</section>${refresh}`;
}

/** What the run did, and what it left undone. */
function headline(run: RunRecord): string {
  const { mode, outcome, targets } = run;
  const plans = plansIn(run);
  const declined = plans.filter((plan) => plan.declined).length;
  const [waiting, blocked] = [plans.length - declined, targets.filter(isBlocked).length];
  const pending = new Set(targets.flatMap(({ pendingRemoval }) => pendingRemoval.map(({ range }) => range))).size;
  const undone = [
    ...(waiting > 0 ? ['an approval is needed'] : []),
    ...(blocked > 0 ? [`${count(blocked, 'target')} ${blocked === 1 ? 'is' : 'are'} blocked`] : []),
  ];
  const later = [
    ...(declined > 0 ? [`${count(declined, 'declined plan')} not applied`] : []),
    ...(pending > 0 ? [`${count(pending, 'range')} to be removed later`] : []),
  ];
  const withNotes = (text: string, notes: readonly string[]) => [text, ...notes].join('; ');
  switch (outcome) {
    case 'in-sync':
      return withNotes(`Nothing to do: all ${count(targets.length, 'target')} in sync`, [...undone, ...later]);
    case 'changed':
      return withNotes(undone.length > 0 ? 'Done in part' : 'Done', [...undone, ...later]);
    case 'planned':
      return withNotes('A sync would make these changes', [...undone, ...later]);
    case 'failed':
      return withNotes(mode === 'plan' ? 'The plan failed' : 'The run failed', [...undone, ...later]);
    case 'awaiting-approval':
      return withNotes(
        `${mode === 'plan' ? 'A sync would change nothing' : 'Nothing was changed'}: ${undone.join(' and ')}`,
        later,
      );
  }
}
