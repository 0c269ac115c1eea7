import type { RunRecord } from '../../core/report/run-record';
import { count } from '../../shared/text';
import type { WidgetContext } from '../context';
import { type Html, html } from '../html';
import { plansIn } from '../overview';
import { frame, warningBoxes } from '../view/page';
import { plansSection } from '../view/plans';
import { diffList, targetsSection } from '../view/runs';
import { unlessEmpty } from '../view/text';
import type { Answer } from './invoke';

/** The content of the window that opens after a button was pressed. */
export function resultPage(answer: Answer, { theme }: WidgetContext, actions: string): Html {
  return frame(theme, 'error' in answer ? html`${warningBoxes([answer.error])}` : runResult(answer.run, actions));
}

function runResult(run: RunRecord, actions: string): Html {
  const plans = plansIn(run);
  const failure = run.error === null ? undefined : warningBoxes([run.error]);
  const refresh =
    run.mode === 'apply' ? html`<p class="quiet">Refresh the dashboard to see the result there.</p>` : undefined;
  return html`<h2>${headline(run)}</h2>${failure}${diffList(run)}${unlessEmpty(plans, () => plansSection(plans, actions))}<section>${targetsSection(run.targets)}</section>${refresh}`;
}

function headline({ mode, outcome, targets }: RunRecord): string {
  const pending = new Set(targets.flatMap(({ pendingRemoval }) => pendingRemoval.map(({ range }) => range))).size;
  const later = pending > 0 ? `; ${count(pending, 'range')} to be removed later` : '';
  switch (outcome) {
    case 'in-sync':
      return `Nothing to do: all ${count(targets.length, 'target')} in sync${later}`;
    case 'changed':
      return `Done${later}`;
    case 'planned':
      return `A sync would make these changes${later}`;
    case 'failed':
      return `${mode === 'plan' ? 'The plan' : 'The run'} failed${later}`;
    case 'awaiting-approval':
      return mode === 'plan'
        ? `A sync would change nothing before an approval${later}`
        : `Nothing was changed: an approval is needed${later}`;
  }
}
