import { commandLine } from '../../shared/command';
import { targetName } from '../../shared/target-name';
import { dayAndTime } from '../../shared/time';
import { declinedText } from '../report/declines';
import { exposedTargets, exposureLine, faultyGuards, GUARD_KEY, guardKey, guardLines } from '../report/findings';
import type { RegionResult, TargetResult } from '../report/run-record';
import type { MessageEvents, TargetEvents } from './message-events';
import { FEEDS, RUN } from './notified';

/** What happened, and what to do about it. Each form of a message lays it out in its own way. */
export interface Paragraph {
  /** The targets, or what else it is about. */
  readonly heading: string;
  readonly lines: readonly string[];
}

/** Ranges listed in a line; the rest is counted. */
const LISTED = 100;
/** Targets with the same events that are named in a heading; the rest is counted. */
const NAMED = 10;

export function paragraphsOf(messageEvents: MessageEvents): Paragraph[] {
  const alike = new Map<string, { readonly names: string[]; readonly lines: readonly string[] }>();
  for (const target of messageEvents.targets) {
    const lines = linesOf(target, messageEvents);
    const key = lines.join('\n');
    const names = [...(alike.get(key)?.names ?? []), targetName(target.target)];
    alike.set(key, { names, lines });
  }
  const targets = [...alike.values()].map(({ names, lines }) => ({ heading: named(names), lines }));
  return [...runParagraphs(messageEvents), ...targets];
}

/** What to type about it. */
export function commandsOf({ targets }: MessageEvents, owner: string): string[] {
  const answers = targets
    .filter(({ events }) => events.has('awaiting-approval'))
    .flatMap(({ target: { planId } }) => (planId === null ? [] : [`approve ${planId}`, `decline ${planId}`]));
  const declined = targets
    .filter(({ events }) => events.has('declined'))
    .map(({ target }) => `approve ${target.declined}`);
  return [...answers, ...declined, 'status'].map((command) => commandLine(owner, command));
}

/** What is about the run as a whole. */
function runParagraphs(messageEvents: MessageEvents): Paragraph[] {
  const { record, failed, recovered, targets } = messageEvents;
  const isShown = (name: string) => targets.some(({ target }) => target.id === name);
  const gone = recovered.filter((name) => name !== FEEDS && name !== RUN && !isShown(name));
  const failure = [...(failed.includes(RUN) || failed.includes(FEEDS) ? [record.error ?? 'The run failed'] : [])];
  const recovery = [
    ...(recovered.includes(RUN) ? ['Runs succeed again.'] : []),
    ...(recovered.includes(FEEDS) ? ['The feeds are usable again.'] : []),
    ...(gone.length > 0 ? [`No longer among the failed targets: ${listed(gone)}`] : []),
  ];
  return [
    ...(failure.length > 0 ? [{ heading: 'The run failed', lines: failure }] : []),
    ...findingParagraphs(messageEvents),
    ...(recovery.length > 0 ? [{ heading: 'Recovered', lines: recovery }] : []),
  ];
}

function findingParagraphs({ record, opened, closed }: MessageEvents): Paragraph[] {
  const targets = exposedTargets(record.targets).filter(({ id }) => opened.includes(id));
  const guards = faultyGuards(record.guards).filter((guard) => opened.includes(guardKey(guard)));
  const isGuard = (name: string) => name.startsWith(GUARD_KEY);
  const paragraph = (heading: string, lines: readonly string[]) => (lines.length > 0 ? [{ heading, lines }] : []);
  const over = (heading: string, names: readonly string[]) =>
    paragraph(heading, names.length > 0 ? [listed(names)] : []);
  return [
    ...paragraph('Exposed', targets.map(exposureLine)),
    ...paragraph('Problems of guards', guards.flatMap(guardLines)),
    ...over(
      'No longer exposed',
      closed.filter((name) => !isGuard(name)),
    ),
    ...over('Guards without a problem again', closed.filter(isGuard)),
  ];
}

function linesOf({ target, events, pending }: TargetEvents, { record }: MessageEvents): string[] {
  const { error, approved, awaitingApproval, outcome } = target;
  const dates = new Map<string, string | null>(record.feeds.map(({ region, date }) => [region, date]));
  return [
    ...(events.has('failed') ? [`Failed. ${error ?? ''}`] : []),
    ...(events.has('recovered') ? ['Recovered.'] : []),
    ...(events.has('approved')
      ? [`Plan ${approved} was approved by ${record.by} and is applied${outcome === 'failed' ? ' in part' : ''}.`]
      : []),
    ...(events.has('changed') ? target.byRegion.flatMap((part) => changeLines(part, dates.get(part.region))) : []),
    ...pendingLines(pending),
    ...(events.has('awaiting-approval') ? [error ?? `Plan ${target.planId} awaits approval.`] : []),
    ...(events.has('declined')
      ? [`${declinedText(target).replace('plan', 'Plan')}. Its changes are not applied.`]
      : []),
    ...(events.has('awaiting-approval') || events.has('declined') ? unappliedLines(awaitingApproval) : []),
  ];
}

function changeLines({ region, added, removed }: RegionResult, date: string | null | undefined): string[] {
  const [to, from] = originOf(region, date);
  return [
    ...(added.length > 0 ? [`Added (${to}): ${listed(added)}. Requests from there are allowed from now on.`] : []),
    // A security group may still allow them at another port.
    ...(removed.length > 0
      ? [
          `Removed (${from}): ${listed(removed)}. Requests from there are blocked from now on, unless another entry allows them.`,
        ]
      : []),
  ];
}

/** Where added ranges come from, and where removed ones came from. */
function originOf(region: RegionResult['region'], date: string | null | undefined): readonly [string, string] {
  if (region === 'extra') return ['configured in extraRanges', 'no longer in extraRanges'];
  const of =
    region === 'unknown'
      ? 'of unknown region'
      : `${region.toUpperCase()}, ${date ? `feed of ${date}` : 'undated feed'}`;
  return [of, of];
}

function pendingLines(pending: TargetResult['pendingRemoval']): string[] {
  const times = [...new Set(pending.map(({ removeAfter }) => removeAfter))].sort();
  return times.map((time) => {
    const ranges = pending.filter(({ removeAfter }) => removeAfter === time).map(({ range }) => range);
    return `No longer published: ${listed(ranges)}. Allowed until ${dayAndTime(time)}, then removed, unless published again.`;
  });
}

function unappliedLines({ added, removed }: TargetResult['awaitingApproval']): string[] {
  return [
    ...(added.length > 0 ? [`Not added: ${listed(added)}`] : []),
    ...(removed.length > 0 ? [`Not removed: ${listed(removed)}`] : []),
  ];
}

function listed(texts: readonly string[]): string {
  const more = texts.length - LISTED;
  return more > 0 ? `${texts.slice(0, LISTED).join(', ')} and ${more} more` : texts.join(', ');
}

function named(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(', ')} and ${more} more targets` : names.join(', ');
}
