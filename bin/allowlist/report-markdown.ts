import pc from 'picocolors';
import type { RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import { targetName } from '../../lambda/shared/target-name';
import { REPORT_HEAD, reportRows } from './report-text';
import { paragraphs } from './result';
import { commandFor, type Stack } from './stack';

/** A plan as Markdown, for a ticket or a pull request. */
export function reportMarkdown(report: RunRecord, stack: Stack): string {
  const rows = reportRows(report, pc.createColors(false)).map((row) => row.map(escaped));
  const table = [REPORT_HEAD, REPORT_HEAD.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const [apply] = report.targets.filter(({ outcome }) => outcome === 'planned').map(() => commandFor(stack, 'sync'));
  return paragraphs(
    `### Plan of ${escaped(stack.name)} (account ${stack.account}, ${stack.region})`,
    rows.length > 0 ? table.join('\n') : 'No changes.',
    report.error === null ? undefined : `**Failed.** ${escaped(report.error)}`,
    ...report.targets.flatMap((target) => planText(target, stack)),
    apply && `Apply what needs no approval: \`${apply}\``,
    `Run ${escaped(report.runId)}; nothing was written.`,
  );
}

function planText(target: TargetResult, stack: Stack): string[] {
  const { planId, declined, error } = target;
  const name = escaped(targetName(target));
  const command = (text: string) => `\`${commandFor(stack, text)}\``;
  if (declined !== null)
    return [`**Plan ${declined}** in ${name} was declined. Approve it after all: ${command(`approve ${declined}`)}`];
  if (planId === null) return [];
  const answers = `Approve it: ${command(`approve ${planId}`)}. Decline it: ${command(`decline ${planId}`)}`;
  return [`**Plan ${planId}** in ${name}. ${escaped(error ?? '')}.\n${answers}`];
}

/** Texts of a feed or of AWS must not become markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, '\\$&').replaceAll('\n', ' ');
}
