import { declinedText } from '../../lambda/core/report/declines';
import { labelledFindings } from '../../lambda/core/report/findings';
import { countLogged } from '../../lambda/core/report/truncate-for-log';
import { guardName } from '../../lambda/shared/guards';
import { RANGE_SOURCES } from '../../lambda/shared/intercom-regions';
import { targetName } from '../../lambda/shared/target-name';
import { count } from '../../lambda/shared/text';
import { ago } from '../../lambda/shared/time';
import { feedTable } from './feed-table';
import { answersTo } from './report-text';
import { paragraphs } from './result';
import type { Stack } from './stack';
import type { Blocked, Declined, LastRun, Pending, Status, TargetStatus, Waiting } from './status';
import { type Colors, columns, type TerminalOptions, wrapped } from './terminal';
import { dayAndTime } from './time';

/** Ranges of a region beyond this number are counted, not listed; `--json` lists all. */
const SHOWN = 12;

export const NO_RUN =
  'No run in the last 30 days, so newly published ranges may be blocked. Check that the schedule is enabled and that the function can start';

/** The status as text. */
export function statusText(status: Status, stack: Stack, now: Date, terminal: TerminalOptions): string {
  const { colors } = terminal;
  const { lastRun, feeds, targets, guards, pending, waiting, blocked, declined } = status;
  const open = labelledFindings(status).map((line) => colors.red(colors.bold(wrapped(line, terminal))));
  const names = new Map(targets.map((target) => [target.id, targetName(target)]));
  const head = `${colors.bold(stack.name)} in account ${stack.account}, ${stack.region}`;
  return paragraphs(
    open.length > 0 ? open.join('\n') : undefined,
    `${head}\n${wrapped(lastRunText(lastRun, now, colors), terminal)}`,
    feeds.length > 0 ? feedTable(feeds, terminal, now) : undefined,
    targetTable(targets, terminal),
    guards.length > 0 ? guardTable(guards, terminal) : undefined,
    pending.length > 0 ? pendingTable(pending, names, now, terminal) : undefined,
    ...waiting.map((plan) => waitingText(plan, names.get(plan.target) ?? plan.target, stack, terminal)),
    ...blocked.map((changes) => blockedText(changes, names.get(changes.target) ?? changes.target, terminal)),
    ...declined.map((plan) => declinedPlanText(plan, names.get(plan.target) ?? plan.target, stack, terminal)),
  );
}

function lastRunText(run: LastRun | null, now: Date, colors: Colors): string {
  if (!run) return colors.red(NO_RUN);
  const { time, outcome, failures } = run;
  const when = `Last run ${dayAndTime(time)}, ${ago(new Date(time), now)}`;
  if (failures.length === 0) return `${when}: ${colors.green(outcome)}`;
  return `${when}: ${colors.red('failed')}. ${failures.join('. ')}`;
}

/** Adds a column for entries of others, if there are any. */
function targetTable(targets: readonly TargetStatus[], terminal: TerminalOptions): string {
  const { colors } = terminal;
  const head = ['target', 'region', 'ranges', 'in force'];
  if (targets.every(({ exposure }) => exposure.length === 0)) {
    return columns(
      head,
      targets.flatMap((target) => rowsOf(target, colors)),
      terminal,
    );
  }
  const rows = targets.flatMap((target) =>
    rowsOf(target, colors).map((row, i) => [row[0] ?? '', i === 0 ? othersText(target, colors) : '', ...row.slice(1)]),
  );
  return columns(['target', 'others allow', 'region', 'ranges', 'in force'], rows, terminal);
}

function othersText({ exposed, exposure, acceptedExposure }: TargetStatus, colors: Colors): string {
  const [widest] = exposure;
  if (!widest) return '';
  const text = exposure.length > 1 ? `${widest.range} and ${exposure.length - 1} more` : widest.range;
  if (acceptedExposure !== null) return colors.yellow(`${text} (accepted: ${acceptedExposure})`);
  return exposed ? colors.red(text) : text;
}

function guardTable(guards: Status['guards'], terminal: TerminalOptions): string {
  const { colors } = terminal;
  const paint = { guarding: colors.green, counting: colors.yellow, exposed: colors.red, unknown: colors.yellow };
  const rows = guards.map((guard) => {
    const { outcome, problems, notes } = guard;
    const said = problems.length > 0 ? `${count(problems.length, 'problem')}, see above` : notes.join('. ');
    return [guardName(guard), paint[outcome](outcome), said];
  });
  return columns(['guard', 'outcome', 'note'], rows, terminal);
}

type Ranges = TargetStatus['ranges'];

/** One row per Intercom region. An entry of unknown region has no ownership record: it is drift, or the state was lost. */
function rowsOf(target: TargetStatus, colors: Colors): string[][] {
  const { ranges, error } = target;
  const name = targetName(target);
  if (error !== null) return [[name, '', '', colors.red(error)]];
  if (ranges.length === 0) return [[name, '', '0', colors.dim('nothing')]];
  const ports = [...new Set(ranges.flatMap((entry) => entry.ports))].sort((a, b) => a - b);
  const place = ports.length > 0 ? `${name} (${ports.join()})` : name;
  const row = (region: string, of: Ranges) =>
    of.length === 0 ? [] : [[place, region, String(of.length), rangesText(of, colors)]];
  const ofRegion = (region: string) => ranges.filter(({ intercomRegions }) => intercomRegions.includes(region));
  return [
    ...RANGE_SOURCES.flatMap((region) => row(region.toUpperCase(), ofRegion(region))),
    ...row(
      'unknown',
      ranges.filter(({ intercomRegions }) => intercomRegions.length === 0),
    ),
  ];
}

function rangesText(ranges: Ranges, colors: Colors): string {
  const texts = ranges.slice(0, SHOWN).map(({ range, absentSince }) => (absentSince ? colors.yellow(range) : range));
  const more = ranges.length - SHOWN;
  return [...texts, ...(more > 0 ? [`and ${more} more (--json lists all)`] : [])].join(' ');
}

function pendingTable(
  pending: readonly Pending[],
  names: ReadonlyMap<string, string>,
  now: Date,
  terminal: TerminalOptions,
): string {
  const rows = pending.map(({ range, intercomRegions, target, removeAfter }) => [
    terminal.colors.yellow(range),
    intercomRegions.map((region) => region.toUpperCase()).join('+'),
    // An untrusted feed, or a plan that awaits approval, can defer the removal.
    Date.parse(removeAfter) > now.getTime() ? dayAndTime(removeAfter) : 'the next run, unless deferred',
    names.get(target) ?? target,
  ]);
  return columns(['pending removal', 'region', 'removed after', 'target'], rows, terminal);
}

function waitingText({ planId, reason }: Waiting, target: string, stack: Stack, terminal: TerminalOptions): string {
  const what = `${terminal.colors.magenta(`Plan ${planId} awaits approval`)} in ${target}. ${reason}`;
  return [wrapped(what, terminal), ...answersTo({ planId, declined: null }, stack, terminal)].join('\n');
}

function blockedText({ reason }: Blocked, target: string, terminal: TerminalOptions): string {
  return wrapped(`${terminal.colors.magenta('Changes are blocked')} in ${target}: ${reason}`, terminal);
}

function declinedPlanText(
  { planId, by, at, added, removed }: Declined,
  target: string,
  stack: Stack,
  terminal: TerminalOptions,
): string {
  const undone = `${count(countLogged(added), 'range')} not added, ${count(countLogged(removed), 'range')} not removed`;
  const said = declinedText({ declined: planId, declinedBy: by, declinedAt: at }).replace('plan', 'Plan');
  const what = `${terminal.colors.magenta(said)} in ${target}: ${undone}.`;
  return [wrapped(what, terminal), ...answersTo({ planId: null, declined: planId }, stack, terminal)].join('\n');
}
