import type { RegionResult, RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import { targetName } from '../../lambda/shared/target-name';
import { count } from '../../lambda/shared/text';
import { feedTable, needsAttention } from './feed-table';
import { paragraphs } from './result';
import { commandFor, type Stack } from './stack';
import { type Colors, columns, type TerminalOptions, wrapped } from './terminal';
import { dayAndTime } from './time';

/** A run for people: feeds that somebody should look at, one row a change, and what to do next. */
export function reportText(report: RunRecord, stack: Stack, terminal: TerminalOptions): string {
  const { feeds, targets } = report;
  const rows = targets.flatMap((target) => rowsOf(target, report, terminal.colors));
  return paragraphs(
    feeds.some(needsAttention) ? feedTable(feeds, terminal) : undefined,
    rows.length > 0 ? columns(['target', 'region', 'change', 'range', 'note'], rows, terminal) : undefined,
    ...targets.flatMap((target) => approvalOf(target, stack, terminal)),
    wrapped(summaryOf(report, stack, terminal.colors), terminal),
  );
}

function rowsOf(target: TargetResult, { mode, feeds }: RunRecord, colors: Colors): string[][] {
  const name = targetName(target);
  const dates = new Map<string, string | null>(feeds.map(({ region, date }) => [region, date]));
  const ends = new Map(target.pendingRemoval.map(({ range, removeAfter }) => [range, removeAfter]));
  const [add, remove] = mode === 'plan' ? ['add', 'remove'] : ['added', 'removed'];
  const rows = (share: RegionResult) => {
    const region = share.region.toUpperCase();
    const feed = dates.get(share.region) ? `feed of ${dates.get(share.region)}` : '';
    const waits = `plan ${target.planId} waits for approval`;
    const row = (change: string, note: (range: string) => string) => (range: string) => [
      name,
      region,
      change,
      range,
      note(range),
    ];
    return [
      ...share.added.map(row(colors.green(`+ ${add}`), () => feed)),
      ...share.removed.map(row(colors.red(`- ${remove}`), () => feed)),
      ...share.pendingRemoval.map(row(colors.yellow('~ pending'), (range) => goesAfter(ends.get(range)))),
      ...share.awaitingApproval.added.map(row(colors.magenta('! not added'), () => waits)),
      ...share.awaitingApproval.removed.map(row(colors.magenta('! not removed'), () => waits)),
    ];
  };
  const deferred = target.deferred.map(({ range, reason }) => [name, '', colors.yellow('~ held'), range, reason]);
  const failed = target.outcome === 'failed' ? [[name, '', colors.red('x failed'), '', target.error ?? '']] : [];
  // A target that failed halfway has changes, but no shares.
  const shares = target.byRegion.length > 0 ? target.byRegion : [wholeOf(target)];
  return [...shares.flatMap(rows), ...deferred, ...failed];
}

function wholeOf({ added, removed, pendingRemoval, awaitingApproval }: TargetResult): RegionResult {
  const pending = pendingRemoval.map(({ range }) => range);
  return { region: 'unknown', inForce: 0, added, removed, pendingRemoval: pending, awaitingApproval };
}

function goesAfter(removeAfter: string | undefined): string {
  return removeAfter ? `goes after ${dayAndTime(removeAfter)}, unless it returns` : '';
}

/** What awaits approval, and how to approve it. */
function approvalOf(
  { outcome, error, planId, ...target }: TargetResult,
  stack: Stack,
  terminal: TerminalOptions,
): string[] {
  if (outcome === 'failed' || (planId === null && error === null)) return [];
  const { colors } = terminal;
  const what = `${colors.magenta(targetName(target))}: ${error ?? `plan ${planId} waits for approval`}`;
  const next = planId === null ? [] : [`  Approve it: ${colors.bold(commandFor(stack, `approve ${planId}`))}`];
  return [[wrapped(what, terminal), ...next].join('\n')];
}

function summaryOf(report: RunRecord, stack: Stack, colors: Colors): string {
  const { mode, targets, feeds } = report;
  const touched = targets.filter(({ added, removed }) => added.length + removed.length > 0).length;
  const failed =
    report.outcome === 'failed' ? [colors.red(mode === 'plan' ? 'The plan failed.' : 'The run failed.')] : [];
  const read = `${count(feeds.length, 'feed')} read, ${count(targets.length, 'target')} looked at`;
  if (touched === 0) return [...failed, `No changes: ${read}.`].join(' ');
  if (mode === 'apply') return [...failed, `Changed ${count(touched, 'target')}: ${read}.`].join(' ');
  const next = `Apply it: ${colors.bold(commandFor(stack, 'sync'))}`;
  return [...failed, `Would change ${count(touched, 'target')}: ${read}; nothing was written.`, next].join(' ');
}
