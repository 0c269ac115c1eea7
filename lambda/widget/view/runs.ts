import { isBlocked } from '../../core/report/awaiting';
import type { RunRecord, TargetResult } from '../../core/report/run-record';
import { countLogged, namedIn, omittedFrom } from '../../core/report/truncate-for-log';
import { targetName } from '../../shared/target-name';
import { count } from '../../shared/text';
import { type Html, html } from '../html';
import type { RunEntry } from '../records';
import { clip, code, fitting, minuteOf, prose } from './text';

const BYTES = 5000;
const TARGET_BYTES = 4000;
const SHOWN = 8;

/** The last runs, each with its changes. */
export function runsSection(runs: readonly RunEntry[], utcOffset: string): Html {
  const { shown } = fitting(
    runs.slice(0, SHOWN).map((run) => runRow(run, utcOffset)),
    BYTES,
  );
  return html`<div class="box"><h3>Last runs</h3><table><thead><tr><th>time</th><th>run</th><th>added</th><th>removed</th></tr></thead><tbody>${shown}</tbody></table></div>`;
}

/** What each target holds, and its outcome. */
export function targetsSection(targets: readonly TargetResult[]): Html {
  const { shown, left } = fitting(targets.map(targetRow), TARGET_BYTES);
  const more = left > 0 ? html`<p>and ${count(left, 'more target')}</p>` : undefined;
  return html`<div class="box"><h3>Targets</h3><table><thead><tr><th>target</th><th>in force</th><th class="outcome">outcome</th></tr></thead><tbody>${shown}</tbody></table>${more}</div>`;
}

/** What a run changed, or would have changed if it had not ended before, by target. */
export function diffList({ targets }: Pick<RunRecord, 'targets'>): Html | undefined {
  const changed = targets.filter(({ added, removed }) => added.length + removed.length > 0);
  const { shown, left } = fitting(
    changed.map((target) => diffItem(target, target.outcome === 'planned' ? 'would be ' : '')),
    20_000,
  );
  const more = left > 0 ? html`<li>and ${count(left, 'more target')}</li>` : undefined;
  return changed.length > 0 ? html`<ul>${shown}${more}</ul>` : undefined;
}

function runRow(run: RunEntry, utcOffset: string): Html {
  const { at, mode, outcome, message } = run;
  // A sync that ended early only planned the changes of these targets.
  const targets = run.targets.filter((target) => mode === 'plan' || target.outcome !== 'planned');
  const name = mode === 'plan' ? 'plan: ' : '';
  return html`<tr title="${clip(message, 300)}"><td>${minuteOf(at, utcOffset)}</td><td class="outcome ${tone(outcome)}">${name}${outcome}</td><td>${distinct(targets, 'added')}</td><td>${distinct(targets, 'removed')}</td></tr>`;
}

/** A range that changed in several targets counts once, and so do the omitted ranges of equal lists. */
function distinct(targets: readonly TargetResult[], list: 'added' | 'removed'): number {
  const lists = targets.map((target) => target[list]);
  const omitted = new Map(lists.map((ranges) => [ranges.join(), omittedFrom(ranges)]));
  return new Set(lists.flatMap((ranges) => namedIn(ranges))).size + [...omitted.values()].reduce((a, b) => a + b, 0);
}

function targetRow(target: TargetResult): Html {
  const parts = target.byRegion.map(({ region, inForce }) => `${inForce} ${region.toUpperCase()}`);
  // A target that could not be read has none.
  const ranges = parts.join(', ') || (target.outcome === 'failed' ? 'unknown' : '0');
  const outcome = target.outcome === 'awaiting-approval' && isBlocked(target) ? 'blocked' : target.outcome;
  return html`<tr><td>${prose(clip(targetName(target), 120))}</td><td>${ranges}</td><td class="outcome ${tone(outcome)}">${outcome}${exposureOf(target)}</td></tr>`;
}

function exposureOf({ exposed, acceptedExposure }: TargetResult): Html | undefined {
  if (!exposed) return undefined;
  return acceptedExposure === null ? html`, <span class="bad">exposed</span>` : html`, exposure accepted`;
}

function diffItem(target: TargetResult, would: string): Html {
  const part = (ranges: readonly string[], done: string) => {
    const { shown } = fitting(
      namedIn(ranges).map((range) => html`${code(clip(range, 60))} `),
      4000,
    );
    const left = countLogged(ranges) - shown.length;
    return ranges.length > 0
      ? html` ${count(countLogged(ranges), 'range')} ${would}${done}: ${shown}${left > 0 ? `and ${left} more` : ''}`
      : undefined;
  };
  return html`<li>${targetName(target)}:${part(target.added, 'added')}${part(target.removed, 'removed')}</li>`;
}

function tone(outcome: string): string {
  return (
    { failed: 'bad', blocked: 'bad', 'awaiting-approval': 'wait', planned: 'wait', changed: 'good' }[outcome] ?? 'quiet'
  );
}
