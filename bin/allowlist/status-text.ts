import { RANGE_SOURCES } from '../../lambda/shared/intercom-regions';
import { targetName } from '../../lambda/shared/target-name';
import { ago } from '../../lambda/shared/time';
import { feedTable } from './feed-table';
import { paragraphs } from './result';
import { commandFor, type Stack } from './stack';
import type { LastRun, Pending, Status, TargetStatus, Waiting } from './status';
import { type Colors, columns, type TerminalOptions, wrapped } from './terminal';
import { dayAndTime } from './time';

/** Ranges of a region beyond this number are counted, not listed; `--json` lists all. */
const SHOWN = 12;

/** The status as text. */
export function statusText(
  { lastRun, feeds, targets, pending, waiting }: Status,
  stack: Stack,
  now: Date,
  terminal: TerminalOptions,
): string {
  const { colors } = terminal;
  const names = new Map(targets.map((target) => [target.id, targetName(target)]));
  const head = `${colors.bold(stack.name)} in account ${stack.account}, ${stack.region}`;
  return paragraphs(
    `${head}\n${wrapped(lastRunText(lastRun, now, colors), terminal)}`,
    feeds.length > 0 ? feedTable(feeds, terminal, now) : undefined,
    columns(
      ['target', 'region', 'ranges', 'in force'],
      targets.flatMap((target) => rowsOf(target, colors)),
      terminal,
    ),
    pending.length > 0 ? pendingTable(pending, names, now, terminal) : undefined,
    ...waiting.map((plan) => waitingText(plan, names.get(plan.target) ?? plan.target, stack, terminal)),
  );
}

function lastRunText(run: LastRun | null, now: Date, colors: Colors): string {
  if (!run)
    return colors.red('No run in the last 30 days. Check that the schedule is enabled and that the function can start');
  const { time, outcome, failures } = run;
  const when = `Last run ${dayAndTime(time)}, ${ago(new Date(time), now)}`;
  if (failures.length === 0) return `${when}: ${colors.green(outcome)}`;
  return `${when}: ${colors.red('failed')}. ${failures.join('. ')}`;
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
  const { colors } = terminal;
  const what = `${colors.magenta(`Plan ${planId} awaits approval`)} in ${target}. ${reason}`;
  return `${wrapped(what, terminal)}\n  Approve it: ${colors.bold(commandFor(stack, `approve ${planId}`))}`;
}
