import { count } from '../../shared/text';
import { isAwaitingApproval } from './awaiting';
import { declinedText } from './declines';
import { hasFindings, labelledFindings } from './findings';
import type { FeedResult, RunRecord, TargetResult } from './run-record';
import { countLogged, MAX_REJECTED } from './truncate-for-log';

/** How many rejected entries of a feed a message names. All are in the run record. */
const NAMED_ENTRIES = 3;

/** The run had no usable feed for the region. */
export const UNUSABLE: readonly FeedResult['status'][] = ['failed', 'invalid', 'fallback'];

/** Why a run with these results counts as failed; empty if it succeeded. */
export function failuresOf(feeds: readonly FeedResult[], targets: readonly TargetResult[]): string[] {
  const failures = targetFailures(targets);
  if (feeds.length > 0 && feeds.every(({ status }) => UNUSABLE.includes(status))) {
    const reasons = feeds.map((feed) => `${feed.region}: ${feed.error}`).join('; ');
    failures.push(
      `No feed could be used, so the current ranges stay in force and newly published ranges may be missing${fallbackNote(feeds)}: ${reasons}`,
    );
  }
  return failures;
}

/** Failures, and targets of each, that an error names: a run that ran out of time can have hundreds. All are in the run record. */
const NAMED_FAILURES = 10;

/** Names targets with the same error together. */
function targetFailures(targets: readonly TargetResult[]): string[] {
  const ids = new Map<string | null, string[]>();
  for (const { id, outcome, error } of targets) {
    if (outcome === 'failed') ids.set(error, [...(ids.get(error) ?? []), id]);
  }
  const failures = [...ids].slice(0, NAMED_FAILURES).map(([error, failed]) => {
    const more = failed.length - NAMED_FAILURES;
    const names = `${failed.slice(0, NAMED_FAILURES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
    return failed.length === 1
      ? `Target ${names}: ${error}`
      : `${failed.length} of ${targets.length} targets (${names}): ${error}`;
  });
  const rest = [...ids.values()].slice(NAMED_FAILURES).flat().length;
  return [...failures, ...(rest > 0 ? [`And ${rest} more targets failed: the run record has their errors`] : [])];
}

/** The log level of a run's record: anything that needs an operator's attention is at least a warning. */
export function levelOf(report: RunRecord): 'info' | 'warn' | 'error' {
  if (report.outcome === 'failed') return 'error';
  return report.targets.some(isAwaitingApproval) || hasFindings(report) || report.feeds.some(isUntrusted)
    ? 'warn'
    : 'info';
}

/** Whether no range of the feed's region may be removed. */
export function isUntrusted({ error }: FeedResult): boolean {
  return error !== null;
}

/** The first rejected entries of a feed, each with its reason; empty if none were rejected. */
export function rejectedText({ rejected }: FeedResult): string {
  const first = rejected.slice(0, NAMED_ENTRIES).map(({ range, reason }) => `${range} (${reason})`);
  const more = countLogged(rejected, MAX_REJECTED) - first.length;
  return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** The run in one line that can be understood without context. */
export function summaryOf(report: RunRecord): string {
  const verb = report.mode === 'plan' ? 'Plan' : 'Sync';
  const open = labelledFindings(report).map((line) => `. ${line}`);
  if (report.error !== null) return `${verb} failed. ${report.error}${open.join('')}`;
  const feeds = report.feeds.map((feed) => `${feed.region} ${feed.ranges.length} ranges (${feed.status})`).join(', ');
  const targets = report.targets.map(noteOf).filter((note) => note !== undefined);
  const changes = targets.length > 0 ? targets.join(', ') : `all ${report.targets.length} targets in sync`;
  const notes = [fallbackNote(report.feeds), untrustedNote(report.feeds), ...open];
  return `${verb} ${report.outcome}: ${changes}; feeds: ${feeds}${notes.join('')}`;
}

/** A target in one phrase; undefined if there is nothing to report. */
function noteOf(target: TargetResult) {
  const { id, outcome, added, removed, pendingRemoval, removedFirst, planId, approved, declined, ...calls } = target;
  const [next] = pendingRemoval.map(({ removeAfter }) => removeAfter).sort();
  const notes = [
    ...(next ? [`${pendingRemoval.length} to be removed from ${next} on`] : []),
    ...(removedFirst.length > 0 ? [`${removedFirst.length} removed first to make room`] : []),
    ...(planId ? [`plan ${planId} awaits approval`] : []),
    ...(approved ? [`plan ${approved} approved`] : []),
    ...(declined ? [declinedText(target)] : []),
    ...(calls.conflicts > 0 ? [`${count(calls.conflicts, 'conflict')} retried`] : []),
    ...(calls.throttled > 0 ? [`${count(calls.throttled, 'throttled call')} retried`] : []),
  ];
  if (outcome === 'in-sync' && notes.length === 0) return undefined;
  const what = `${id} ${outcome} +${added.length} -${removed.length}`;
  return notes.length > 0 ? `${what} (${notes.join(', ')})` : what;
}

/** Which regions lose nothing in this run, and why. */
function untrustedNote(feeds: readonly FeedResult[]): string {
  const notes = feeds.filter(isUntrusted).map((feed) => {
    const entries = rejectedText(feed);
    return `. The ${feed.region} feed is untrusted, so none of its ranges are removed: ${feed.error}${entries ? `: ${entries}` : ''}`;
  });
  return notes.join('');
}

function fallbackNote(feeds: readonly FeedResult[]): string {
  const intercomRegions = feeds.flatMap(({ region, status }) => (status === 'fallback' ? [region] : []));
  if (intercomRegions.length === 0) return '';
  return ` (the built-in addresses are allowed for ${intercomRegions.join(', ')} until the first usable feed)`;
}
