import { openingLines } from '../core/report/openings';
import type { FeedResult } from '../core/report/run-record';
import { rejectedText } from '../core/report/summary';
import { targetName } from '../shared/target-name';
import { HOUR_MS } from '../shared/time';
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
export function warningsOf({ state, log }: Sources, latest: RunEntry | undefined, now: Date): string[] {
  const unread = [
    ...('error' in state ? [`The ranges in force can't be shown. ${state.error}`] : []),
    ...('error' in log
      ? [`Runs, plans and changes can't be shown: the sync's log could not be read: ${log.error}`]
      : []),
  ];
  const silent = 'value' in log ? silenceOf(latest, now) : [];
  const open = latest ? openingLines(latest).map(sentence) : [];
  return [...open, ...unread, ...silent, ...(latest ? [...targetWarnings(latest), ...feedWarnings(latest)] : [])];
}

function silenceOf(latest: RunEntry | undefined, now: Date): string[] {
  const look = 'New ranges may be blocked. Sync now; if it fails, check the errors of the function';
  if (!latest) return [`No run was recorded in the last ${RUN_HOURS} hours. ${look}`];
  const hours = Math.floor((now.getTime() - Date.parse(latest.at)) / HOUR_MS);
  return hours >= QUIET_HOURS ? [`No run was recorded for ${hours} hours. ${look}`] : [];
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
  const affected = targets.filter(
    ({ outcome, planId }) => outcome === 'failed' || (outcome === 'awaiting-approval' && planId === null),
  );
  return affected.map((target) => `${sentence(targetName(target))} ${target.outcome}. ${target.error ?? ''}`);
}

function feedWarnings({ feeds }: RunEntry): string[] {
  return feeds.flatMap((feed) => {
    const { region, status, error } = feed;
    const name = region.toUpperCase();
    const warning = FEED_WARNINGS[status];
    const distrustReason = error && !warning ? 'is untrusted: none of its ranges are removed' : undefined;
    const entries = rejectedText(feed);
    return [
      ...(warning || distrustReason ? [`The ${name} feed ${warning ?? distrustReason}. ${error ?? ''}`] : []),
      ...(entries ? [`Rejected in the ${name} feed: ${entries}`] : []),
    ];
  });
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
