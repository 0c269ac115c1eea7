import type { FeedResult } from '../core/report/run-record';
import { targetName } from '../shared/target-name';
import { HOUR_MS } from '../shared/time';
import { RUN_HOURS } from './log';
import type { LoggedRun } from './records';
import type { Sources } from './sources';

/** The sync runs hourly: one that is missed may be late, two are not. */
const QUIET_HOURS = 2;

const FEED_WARNINGS: Readonly<Record<FeedResult['status'], string | undefined>> = {
  fresh: undefined,
  'not-modified': undefined,
  stale: 'is stale: the list stays in force',
  invalid: 'is not usable: the ranges in force stay in force, new ranges are missing',
  failed: 'is unavailable: the ranges in force stay in force, new ranges are missing',
  fallback: 'was never usable: the built-in addresses are allowed, new ranges are missing',
};

/** What somebody should look at, the worst first, each in a sentence that reads well by itself. */
export function warningsOf({ state, log }: Sources, latest: LoggedRun | undefined, now: Date): string[] {
  const unread = [
    ...('error' in state ? [`The ranges in force can't be shown. ${state.error}`] : []),
    ...('error' in log
      ? [`Runs, plans and changes can't be shown: the sync's log could not be read: ${log.error}`]
      : []),
  ];
  const silent = 'value' in log ? silenceOf(latest, now) : [];
  return [...unread, ...silent, ...(latest ? [...targetWarnings(latest), ...feedWarnings(latest)] : [])];
}

function silenceOf(latest: LoggedRun | undefined, now: Date): string[] {
  const look = "New ranges may be blocked. Sync now; if it fails, look at the function's errors";
  if (!latest) return [`No run was recorded in the last ${RUN_HOURS} hours. ${look}`];
  const hours = Math.floor((now.getTime() - Date.parse(latest.at)) / HOUR_MS);
  return hours >= QUIET_HOURS ? [`No run was recorded for ${hours} hours. ${look}`] : [];
}

/** The stack's own sets hold what every region publishes, so none of a region is never as it should be. */
export function emptyWarnings(
  intercomRegions: readonly { readonly name: string; readonly ranges: readonly unknown[] }[],
): string[] {
  const empty = intercomRegions.filter(({ ranges }) => ranges.length === 0).map(({ name }) => name.toUpperCase());
  if (empty.length === 0) return [];
  return [
    `No range of ${empty.join(', ')} is remembered to be in force: notifications from there may be blocked. Sync now`,
  ];
}

/** A plan that waits has a place of its own. */
function targetWarnings({ targets }: LoggedRun): string[] {
  const affected = targets.filter(
    ({ outcome, planId }) => outcome === 'failed' || (outcome === 'awaiting-approval' && planId === null),
  );
  return affected.map((target) => `${sentence(targetName(target))} ${target.outcome}. ${target.error ?? ''}`);
}

function feedWarnings({ feeds }: LoggedRun): string[] {
  return feeds.flatMap(({ region, status, error, rejected }) => {
    const name = region.toUpperCase();
    const warning = FEED_WARNINGS[status];
    const distrustReason = error && !warning ? 'is in doubt: nothing of it is removed' : undefined;
    const first = rejected.slice(0, 3).map(({ range, reason }) => `${range} (${reason})`);
    const more = rejected.length > first.length ? ` and ${rejected.length - first.length} more` : '';
    return [
      ...(warning || distrustReason ? [`The ${name} feed ${warning ?? distrustReason}. ${error ?? ''}`] : []),
      ...(first.length > 0 ? [`Rejected in the ${name} feed: ${first.join(', ')}${more}`] : []),
    ];
  });
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
