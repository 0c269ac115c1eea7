import type { FeedAssessment } from '../feed/assess';
import { formatRange } from '../ranges/range';
import type { FeedResult, RunRecord, TargetResult } from './run-record';
import { failuresOf } from './summary';
import { MAX_REJECTED, omission } from './truncate-for-log';

/** The progress of a run, whether or not it completed. */
export interface RunResult extends Pick<RunRecord, 'runId' | 'mode' | 'by' | 'guards'> {
  readonly feeds: readonly FeedAssessment[];
  readonly targets: readonly TargetResult[];
  /** Why the run ended early; undefined if it completed. */
  readonly error: string | undefined;
}

export function toRecord({ runId, mode, by, feeds: assessed, targets, guards, error: ended }: RunResult): RunRecord {
  const feeds = assessed.map(toFeedResult);
  const reasons = [...(ended === undefined ? [] : [ended]), ...failuresOf(feeds, targets)];
  const error = reasons.length > 0 ? reasons.join('. ') : null;
  return { runId, mode, by, outcome: error === null ? outcomeOf(targets) : 'failed', feeds, targets, guards, error };
}

function outcomeOf(targets: readonly TargetResult[]): RunRecord['outcome'] {
  const order = ['changed', 'planned', 'awaiting-approval'] as const;
  return order.find((candidate) => targets.some(({ outcome }) => outcome === candidate)) ?? 'in-sync';
}

function toFeedResult({ region, status, date, ranges, rejected, distrustReason }: FeedAssessment): FeedResult {
  const more = rejected.length - MAX_REJECTED;
  const rest = more > 0 ? [{ range: omission(more), reason: 'not listed here' }] : [];
  return {
    region,
    status,
    date: date ?? null,
    ranges: ranges.map(formatRange),
    rejected: [...rejected.slice(0, MAX_REJECTED), ...rest],
    error: distrustReason ?? null,
  };
}
