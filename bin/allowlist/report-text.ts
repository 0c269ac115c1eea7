import { whyUndone } from '../../lambda/core/report/awaiting';
import { labelledFindings } from '../../lambda/core/report/findings';
import type { RegionResult, RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import { targetName } from '../../lambda/shared/target-name';
import { count } from '../../lambda/shared/text';
import { feedTable, needsAttention } from './feed-table';
import { paragraphs } from './result';
import { commandFor, type Stack } from './stack';
import { type Colors, columns, type TerminalOptions, wrapped } from './terminal';
import { dayAndTime } from './time';

/** A run as text: feeds that need attention, one row per change, and the next steps. */
export function reportText(report: RunRecord, stack: Stack, terminal: TerminalOptions): string {
  const { feeds, targets } = report;
  const rows = reportRows(report, terminal.colors);
  const open = labelledFindings(report).map((line) => terminal.colors.red(wrapped(line, terminal)));
  return paragraphs(
    open.length > 0 ? open.join('\n') : undefined,
    feeds.some(needsAttention) ? feedTable(feeds, terminal) : undefined,
    rows.length > 0 ? columns(REPORT_HEAD, rows, terminal) : undefined,
    ...targets.flatMap((target) => approvalOf(target, stack, terminal)),
    wrapped(summaryOf(report, stack, terminal.colors), terminal),
  );
}

/** The head of `reportRows`. */
export const REPORT_HEAD = ['target', 'region', 'change', 'range', 'note'] as const;

/** One row per change. */
export function reportRows(report: RunRecord, colors: Colors): string[][] {
  return report.targets.flatMap((target) => rowsOf(target, report, colors));
}

function rowsOf(target: TargetResult, { feeds }: RunRecord, colors: Colors): string[][] {
  const name = targetName(target);
  const dates = new Map<string, string | null>(feeds.map(({ region, date }) => [region, date]));
  const ends = new Map(target.pendingRemoval.map(({ range, removeAfter }) => [range, removeAfter]));
  const [add, remove] = target.outcome === 'planned' ? ['add', 'remove'] : ['added', 'removed'];
  const rows = (part: RegionResult) => {
    const region = part.region.toUpperCase();
    const feed = dates.get(part.region) ? `feed of ${dates.get(part.region)}` : '';
    const row = (change: string, note: (range: string) => string) => (range: string) => [
      name,
      region,
      change,
      range,
      note(range),
    ];
    return [
      ...part.added.map(row(colors.green(`+ ${add}`), () => feed)),
      ...part.removed.map(row(colors.red(`- ${remove}`), () => feed)),
      ...part.pendingRemoval.map(row(colors.yellow('~ pending'), (range) => removedAfter(ends.get(range)))),
      ...part.awaitingApproval.added.map(row(colors.magenta('! not added'), () => whyUndone(target))),
      ...part.awaitingApproval.removed.map(row(colors.magenta('! not removed'), () => whyUndone(target))),
    ];
  };
  const deferred = target.deferred.map(({ range, reason }) => [name, '', colors.yellow('~ deferred'), range, reason]);
  const failed = target.outcome === 'failed' ? [[name, '', colors.red('x failed'), '', target.error ?? '']] : [];
  return [...target.byRegion.flatMap(rows), ...deferred, ...failed];
}

function removedAfter(removeAfter: string | undefined): string {
  return removeAfter ? `removed after ${dayAndTime(removeAfter)}, unless it is published again` : '';
}

/** The plan that awaits approval or was declined, and the commands that answer it. */
function approvalOf(target: TargetResult, stack: Stack, terminal: TerminalOptions): string[] {
  const { outcome, error, planId, declined } = target;
  if (outcome === 'failed' || (planId === null && declined === null && error === null)) return [];
  const { colors } = terminal;
  const state = declined ? `${whyUndone(target)}, and is not applied` : whyUndone(target);
  const what = `${colors.magenta(targetName(target))}: ${error ?? state}`;
  return [[wrapped(what, terminal), ...answersTo(target, stack, terminal)].join('\n')];
}

/** The commands that answer a plan. */
export function answersTo(
  { planId, declined }: Pick<TargetResult, 'planId' | 'declined'>,
  stack: Stack,
  { colors }: TerminalOptions,
): string[] {
  const command = (text: string) => colors.bold(commandFor(stack, text));
  if (declined) return [`  Approve it after all: ${command(`approve ${declined}`)}`];
  if (planId === null) return [];
  return [`  Approve it: ${command(`approve ${planId}`)}`, `  Decline it: ${command(`decline ${planId}`)}`];
}

function summaryOf(report: RunRecord, stack: Stack, colors: Colors): string {
  const { mode, targets, feeds } = report;
  const touched = targets.filter(({ added, removed }) => added.length + removed.length > 0);
  const failed =
    report.outcome === 'failed' ? [colors.red(mode === 'plan' ? 'The plan failed.' : 'The run failed.')] : [];
  const read = `${count(feeds.length, 'feed')} and ${count(targets.length, 'target')} read`;
  if (touched.length === 0) return [...failed, `No changes: ${read}.`].join(' ');
  if (touched.some(({ outcome }) => outcome !== 'planned'))
    return [...failed, `Changed ${count(touched.length, 'target')}: ${read}.`].join(' ');
  const next = `Apply it: ${colors.bold(commandFor(stack, 'sync'))}`;
  return [...failed, `Would change ${count(touched.length, 'target')}: ${read}; nothing was written.`, next].join(' ');
}
