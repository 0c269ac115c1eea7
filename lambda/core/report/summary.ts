import { AllowlistError } from '../../shared/errors';
import type { FeedReport, SyncReport, TargetReport } from './report';

/** The run had no usable feed for the region. */
const UNUSABLE: readonly FeedReport['status'][] = ['failed', 'invalid', 'fallback'];

/**
 * Thrown after the record was logged, when any target failed or no feed could be used at all. Everything that could be done
 * was done first.
 */
export class SyncFailedError extends AllowlistError {
  override readonly name = 'SyncFailedError';

  constructor(readonly report: SyncReport) {
    super(`Sync ${report.runId} failed. ${failuresOf(report).join('. ')}. All that could be done was done`);
  }
}

/** Thrown when the plan that is approved does not wait in any target. */
export class NoSuchPlanError extends AllowlistError {
  override readonly name = 'NoSuchPlanError';

  constructor(planId: string, report: SyncReport) {
    const waiting = report.targets.flatMap((target) => (target.planId ? [`${target.planId} (${target.id})`] : []));
    const failed = report.targets
      .filter(({ outcome }) => outcome === 'failed')
      .map(({ id, error }) => `${id}: ${error}`);
    const others = failed.length > 0 ? ` Targets that could not be planned: ${failed.join('; ')}.` : '';
    super(
      `No plan ${planId} waits for approval: it was applied already, or what it would do has changed. It was not applied. ` +
        `Waiting: ${waiting.join(', ') || 'none'}.${others} Look at {"mode":"plan"} and approve what it shows`,
    );
  }
}

/** Why the run counts as failed; empty if it does not. */
export function failuresOf({ feeds, targets }: SyncReport): string[] {
  const failures = targetFailures(targets);
  if (feeds.every(({ status }) => UNUSABLE.includes(status))) {
    const reasons = feeds.map((feed) => `${feed.region}: ${feed.error}`).join('; ');
    failures.push(
      `No feed could be used, so what is allowed stays as it is and may miss new ranges${fallbackNote(feeds)}: ${reasons}`,
    );
  }
  return failures;
}

/** Targets that failed alike are named together: after a run that had no time left there may be hundreds. */
function targetFailures(targets: readonly TargetReport[]): string[] {
  const ids = new Map<string | null, string[]>();
  for (const { id, outcome, error } of targets) {
    if (outcome === 'failed') ids.set(error, [...(ids.get(error) ?? []), id]);
  }
  return [...ids].map(([error, [first, ...more]]) =>
    more.length === 0
      ? `Target ${first}: ${error}`
      : `${more.length + 1} of ${targets.length} targets (${[first, ...more].join(', ')}): ${error}`,
  );
}

/** The log level of a run's record: anything that needs an operator's attention is at least a warning. */
export function levelOf(report: SyncReport): 'info' | 'warn' | 'error' {
  if (failuresOf(report).length > 0) return 'error';
  const waits = report.targets.some(({ planId, outcome }) => planId !== null || outcome === 'awaiting-approval');
  return waits || report.feeds.some(({ status }) => status === 'fallback') ? 'warn' : 'info';
}

/** One line that reads well by itself at 3 a.m. */
export function summaryOf(report: SyncReport): string {
  const failures = failuresOf(report);
  const verb = report.mode === 'plan' ? 'Plan' : 'Sync';
  if (failures.length > 0) return `${verb} failed. ${failures.join('. ')}`;
  const feeds = report.feeds.map((feed) => `${feed.region} ${feed.ranges.length} ranges (${feed.status})`).join(', ');
  const targets = report.targets.map(noteOf).filter((note) => note !== undefined);
  const changes = targets.length > 0 ? targets.join(', ') : `all ${report.targets.length} targets in sync`;
  return `${verb} ${report.outcome}: ${changes}; feeds: ${feeds}${fallbackNote(report.feeds)}`;
}

/** What there is to say of a target, if there is anything. */
function noteOf({ id, outcome, added, removed, pendingRemoval, removedFirst, planId, approved }: TargetReport) {
  const [next] = pendingRemoval.map(({ removeAfter }) => removeAfter).sort();
  const notes = [
    ...(next ? [`${pendingRemoval.length} to be removed from ${next} on`] : []),
    ...(removedFirst.length > 0 ? [`${removedFirst.length} removed first to make room`] : []),
    ...(planId ? [`plan ${planId} waits for approval`] : []),
    ...(approved ? [`plan ${approved} approved`] : []),
  ];
  if (outcome === 'in-sync' && notes.length === 0) return undefined;
  const what = `${id} ${outcome} +${added.length} -${removed.length}`;
  return notes.length > 0 ? `${what} (${notes.join(', ')})` : what;
}

function fallbackNote(feeds: readonly FeedReport[]): string {
  const intercomRegions = feeds.flatMap(({ region, status }) => (status === 'fallback' ? [region] : []));
  if (intercomRegions.length === 0) return '';
  return ` (the addresses that ship with this code serve for ${intercomRegions.join(', ')} until the first good feed)`;
}
