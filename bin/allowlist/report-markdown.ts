import pc from 'picocolors';
import { labelledFindings } from '../../lambda/core/report/findings';
import type { RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import { targetName } from '../../lambda/shared/target-name';
import { FEED_HEAD, feedRows, needsAttention } from './feed-table';
import { REPORT_HEAD, reportRows } from './report-text';
import { paragraphs } from './result';
import { commandFor, type Stack } from './stack';

/** A plan as Markdown, for a ticket or a pull request. Contains everything that decides about the exit code. */
export function reportMarkdown(report: RunRecord, stack: Stack): string {
  const { feeds } = report;
  const rows = reportRows(report, COLORLESS);
  const findings = labelledFindings(report).map((line) => `- **${escaped(line)}**`);
  const [apply] = report.targets.filter(({ outcome }) => outcome === 'planned').map(() => commandFor(stack, 'sync'));
  return paragraphs(
    `### Plan of ${escaped(stack.name)} (account ${stack.account}, ${stack.region})`,
    findings.join('\n'),
    feeds.some(needsAttention) ? tableOf(FEED_HEAD, feedRows(feeds, COLORLESS)) : undefined,
    rows.length > 0 ? tableOf(REPORT_HEAD, rows) : 'No changes.',
    report.error === null ? undefined : `**Failed.** ${escaped(report.error)}`,
    ...report.targets.flatMap((target) => planText(target, stack)),
    apply && `Apply what needs no approval: \`${apply}\``,
    `Run ${escaped(report.runId)}; nothing was written.`,
  );
}

const COLORLESS = pc.createColors(false);

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(escaped))];
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** What awaits approval, is blocked or was declined in a target. */
function planText(target: TargetResult, stack: Stack): string[] {
  const { outcome, planId, declined, error } = target;
  const name = escaped(targetName(target));
  const command = (text: string) => `\`${commandFor(stack, text)}\``;
  if (declined !== null)
    return [`**Plan ${declined}** in ${name} was declined. Approve it after all: ${command(`approve ${declined}`)}`];
  // The error of a failed target is in the table.
  if (planId === null) return error === null || outcome === 'failed' ? [] : [`**${name}**: ${escaped(error)}`];
  const answers = `Approve it: ${command(`approve ${planId}`)}. Decline it: ${command(`decline ${planId}`)}`;
  return [`**Plan ${planId}** in ${name}. ${escaped(error ?? '')}.\n${answers}`];
}

/** Texts of a feed or of AWS must not become markup. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, '\\$&').replaceAll('\n', ' ');
}
