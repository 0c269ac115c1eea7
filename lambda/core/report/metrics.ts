import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Dimension, SyncMetric } from '../../shared/metrics';
import { isAwaitingApproval } from './awaiting';
import { exposedTargets, faultyGuards } from './findings';
import type { FeedResult, RunRecord, TargetResult } from './run-record';
import { isUntrusted } from './summary';

/** Values that share dimensions, in addition to service and stack. */
export interface MetricSet {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Partial<Record<SyncMetric, number>>>;
}

const UNHEALTHY: readonly FeedResult['status'][] = ['failed', 'invalid', 'stale', 'fallback'];

/**
 * All metrics of a run, computed from its record.
 *
 * CloudWatch charges for each metric that receives a value in an hour. Most counts are therefore published only when they are not zero,
 * and only IP sets, which the dashboard graphs, have a series per region.
 */
export function metricSets(report: RunRecord, milliseconds: number): MetricSet[] {
  return [
    { dimensions: {}, values: totals(report, milliseconds) },
    ...report.feeds.map((feed) => ({ dimensions: { [Dimension.region]: feed.region }, values: ofFeed(feed) })),
    ...report.targets.filter(({ kind }) => kind === 'ip-set').flatMap(ofRegions),
  ];
}

/** Writes each set as one EMF record, from which CloudWatch extracts the metrics without an API call. */
export function emit(sets: readonly MetricSet[], metrics: Metrics): void {
  for (const { dimensions, values } of sets) {
    for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
    for (const [name, value] of Object.entries(values)) metrics.addMetric(name, unitOf(name), value);
    metrics.publishStoredMetrics();
  }
}

function totals(report: RunRecord, milliseconds: number): MetricSet['values'] {
  const { targets, feeds } = report;
  const sum = (of: (target: TargetResult) => number) => targets.reduce((total, target) => total + of(target), 0);
  // A target that was still planned when the run ended was not changed.
  const done = (ranges: keyof Pick<TargetResult, 'added' | 'removed' | 'drift'>) =>
    sum((target) => (target.outcome === 'planned' ? 0 : target[ranges].length));
  const counts = {
    [SyncMetric.targetFailures]: sum(({ outcome }) => Number(outcome === 'failed')),
    [SyncMetric.added]: done('added'),
    [SyncMetric.removed]: done('removed'),
    [SyncMetric.pending]: sum(({ pendingRemoval }) => pendingRemoval.length),
    [SyncMetric.awaitingApproval]: sum(countAwaitingApproval),
    [SyncMetric.driftRepaired]: done('drift'),
    [SyncMetric.guardProblems]: faultyGuards(report.guards).flatMap(({ problems }) => problems).length,
    // Feeds that are stale or unusable are untrusted too, and count as feed failures.
    [SyncMetric.untrustedFeeds]: feeds.filter((feed) => isUntrusted(feed) && !isFailing(feed)).length,
    [SyncMetric.fallbacks]: feeds.filter(({ status }) => status === 'fallback').length,
  };
  const alarming = {
    [SyncMetric.plansAwaitingApproval]: targets.filter(isAwaitingApproval).length,
    [SyncMetric.exposedTargets]: exposedTargets(targets).length,
  };
  const toPublish = [
    ...Object.entries(counts).filter(([, count]) => count !== 0),
    ...Object.entries(alarming).filter(([, count]) => count !== 0 || isRead(report)),
  ];
  return {
    [SyncMetric.goodRuns]: Number(report.outcome !== 'failed'),
    [SyncMetric.runDuration]: milliseconds,
    ...Object.fromEntries(toPublish),
  };
}

/** Without it, zero would end an alarm about a target that could not be read. Without data, the alarm keeps its state. */
function isRead({ feeds, targets }: RunRecord): boolean {
  return feeds.length > 0 && targets.every(({ outcome }) => outcome !== 'failed');
}

/** Also publishes zeros: the alarm FeedFailing uses the minimum of each hour, so that one good run counts. */
function ofFeed(feed: FeedResult): MetricSet['values'] {
  return { [SyncMetric.feedFailures]: Number(isFailing(feed)) };
}

function isFailing({ status }: FeedResult): boolean {
  return UNHEALTHY.includes(status);
}

function ofRegions({ id, byRegion }: TargetResult): MetricSet[] {
  return byRegion.map(({ region, inForce }) => ({
    dimensions: { [Dimension.region]: region, [Dimension.target]: id },
    values: { [SyncMetric.inForce]: inForce },
  }));
}

/** What was declined awaits nothing. */
function countAwaitingApproval({
  awaitingApproval,
  declined,
}: Pick<TargetResult, 'awaitingApproval' | 'declined'>): number {
  return declined !== null ? 0 : awaitingApproval.added.length + awaitingApproval.removed.length;
}

function unitOf(name: string) {
  return name === SyncMetric.runDuration ? MetricUnit.Milliseconds : MetricUnit.Count;
}
