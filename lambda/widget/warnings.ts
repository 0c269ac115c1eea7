import { isBlocked } from '../core/report/awaiting';
import { findingLines } from '../core/report/findings';
import type { FeedResult, RunRecord } from '../core/report/run-record';
import { failuresOf, rejectedText } from '../core/report/summary';
import { targetName } from '../shared/target-name';
import { HOUR_MS } from '../shared/time';
import type { LatestRuns } from './latest-runs';
import { RUN_HOURS } from './log';
import type { RunEntry } from './records';
import type { Sources } from './sources';

/** The sync runs hourly. One missing run may be late, two are not. */
const QUIET_HOURS = 2;

const FEED_WARNINGS: Readonly<Record<FeedResult['status'], string | undefined>> = {
  fresh: undefined,
  'not-modified': undefined,
  stale: 'is stale: its ranges stay in force',
  invalid: 'is not usable: the present ranges stay in force, new ranges are missing',
  failed: 'is unavailable: the present ranges stay in force, new ranges are missing',
  fallback: 'was never usable: the built-in addresses are allowed, new ranges are missing',
};

/** What needs attention, the worst first, each in a sentence that stands alone. */
export function warningsOf({ state, log }: Sources, latest: LatestRuns, now: Date): string[] {
  const { sync, read, guards } = latest;
  const unread = [
    ...('error' in state ? [`The ranges in force can't be shown. ${state.error}`] : []),
    ...('error' in log
      ? [`Runs, plans and changes can't be shown: the sync's log could not be read: ${log.error}`]
      : []),
  ];
  const silent = 'value' in log ? silenceOf(sync, now) : [];
  const open = findingLines({ targets: read?.targets ?? [], guards }).map(sentence);
  const details = read ? [...targetWarnings(read), ...feedWarnings(read)] : [];
  return [...open, ...failureWarnings(latest), ...unread, ...silent, ...details];
}

/** Why the latest runs failed, as far as no warning about a target or feed says it. */
function failureWarnings({ apply, sync, read }: LatestRuns): string[] {
  const last = failureIn(apply, read);
  // A rejected request hides no failure.
  const before = sync === apply ? undefined : failureIn(sync, read);
  return [
    ...(last === undefined ? [] : [`The last run failed. ${last}`]),
    ...(before === undefined ? [] : [`An earlier run failed, and none has succeeded since. ${before}`]),
  ];
}

function failureIn(run: RunEntry | undefined, read: RunEntry | undefined): string | undefined {
  if (run?.outcome !== 'failed') return undefined;
  if (run.error === null) return "Its record does not say why: check the function's log";
  return beyond(run.error, read);
}

/** An error without the failures of the targets and feeds that are shown, which end it; undefined if nothing else is left. */
function beyond(error: string, shown: RunRecord | undefined): string | undefined {
  const covered = shown ? failuresOf(shown.feeds, shown.targets).join('. ') : '';
  if (error === covered) return undefined;
  return covered !== '' && error.endsWith(`. ${covered}`) ? error.slice(0, -covered.length - 2) : error;
}

/** A plan changes nothing, and neither does a request that was rejected. */
function silenceOf(sync: RunEntry | undefined, now: Date): string[] {
  const look =
    'New ranges may be blocked. Check that the schedule is enabled, and sync now; if that fails, check the errors of the function';
  if (!sync) return [`No sync was recorded in the last ${RUN_HOURS} hours. ${look}`];
  const hours = Math.floor((now.getTime() - Date.parse(sync.at)) / HOUR_MS);
  return hours >= QUIET_HOURS ? [`No sync was recorded for ${hours} hours. ${look}`] : [];
}

/** The stack's own sets hold the ranges of every region, so a region without any is a failure. */
export function emptyWarnings(
  intercomRegions: readonly { readonly name: string; readonly ranges: readonly unknown[] }[],
): string[] {
  const empty = intercomRegions.filter(({ ranges }) => ranges.length === 0).map(({ name }) => name.toUpperCase());
  if (empty.length === 0) return [];
  return [
    `No range of ${empty.join(', ')} is recorded as being in force: notifications from there may be blocked. Sync now`,
  ];
}

/** Plans that await approval have their own section. */
function targetWarnings({ targets }: RunEntry): string[] {
  return targets.flatMap((target) => {
    const name = sentence(targetName(target));
    if (target.outcome === 'failed') return [`${name} failed. ${target.error ?? ''}`];
    return isBlocked(target) ? [`${name} is blocked: ${target.error}`] : [];
  });
}

function feedWarnings({ feeds }: RunEntry): string[] {
  return feeds.flatMap((feed) => {
    const { region, status, error } = feed;
    const name = region.toUpperCase();
    const warning = FEED_WARNINGS[status];
    const distrustReason = error && !warning ? 'is untrusted: none of its ranges are removed' : undefined;
    const entries = rejectedText(feed);
    return [
      ...(warning || distrustReason
        ? [[`The ${name} feed ${warning ?? distrustReason}`, ...(error ? [error] : []), feedAdvice(status)].join('. ')]
        : []),
      ...(entries ? [`Rejected in the ${name} feed: ${entries}`] : []),
    ];
  });
}

function feedAdvice(status: FeedResult['status']): string {
  return status === 'stale'
    ? 'Intercom publishes it every day: if it stays stale, ask Intercom'
    : 'The next run reads it again: if the problem stays, check the feed';
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
