import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { Dimension, SyncMetric } from '../shared/metrics';
import type { FeedReport, SyncReport, TargetReport } from './report';
import { failuresOf } from './summary';

/** Values that share their dimensions, beside service and stack. */
export interface MetricSet {
  readonly dimensions: Readonly<Record<string, string>>;
  readonly values: Readonly<Partial<Record<SyncMetric, number>>>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const UNHEALTHY: readonly FeedReport['status'][] = ['failed', 'invalid', 'stale', 'bootstrap'];

/**
 * All metrics of a run, from its record alone.
 *
 * @param now when it ended, for the age of the feeds
 */
export function metricSets(report: SyncReport, now: Date, milliseconds: number): MetricSet[] {
  return [
    { dimensions: {}, values: totals(report, milliseconds) },
    ...report.feeds.map((feed) => ({ dimensions: { [Dimension.region]: feed.region }, values: ofFeed(feed, now) })),
    ...report.targets.flatMap((target) => [
      { dimensions: { [Dimension.target]: target.id }, values: ofTarget(target) },
      ...ofRegions(target),
    ]),
  ];
}

/** Writes them as EMF, one record for each set: CloudWatch makes metrics of them without any call. */
export function emit(sets: readonly MetricSet[], metrics: Metrics): void {
  for (const { dimensions, values } of sets) {
    for (const [name, value] of Object.entries(dimensions)) metrics.addDimension(name, value);
    for (const [name, value] of Object.entries(values)) metrics.addMetric(name, unitOf(name), value);
    metrics.publishStoredMetrics();
  }
}

function totals(report: SyncReport, milliseconds: number): MetricSet['values'] {
  const { targets, feeds } = report;
  const sum = (of: (target: TargetReport) => number) => targets.reduce((total, target) => total + of(target), 0);
  const waits = ({ outcome, planId }: TargetReport) => outcome === 'refused' || planId !== null;
  return {
    [SyncMetric.goodRuns]: failuresOf(report).length === 0 ? 1 : 0,
    [SyncMetric.runDuration]: milliseconds,
    [SyncMetric.apiCalls]: sum(({ apiCalls }) => apiCalls),
    [SyncMetric.targetFailures]: sum(({ outcome }) => Number(outcome === 'failed')),
    [SyncMetric.plansWaiting]: sum((target) => Number(waits(target))),
    [SyncMetric.added]: sum(({ added }) => added.length),
    [SyncMetric.removed]: sum(({ removed }) => removed.length),
    [SyncMetric.pending]: sum(({ pendingRemoval }) => pendingRemoval.length),
    [SyncMetric.refused]: sum(countRefused),
    [SyncMetric.driftRepaired]: sum(({ drift }) => drift.length),
    [SyncMetric.bootstraps]: feeds.filter(({ status }) => status === 'bootstrap').length,
  };
}

function ofFeed({ date, status }: FeedReport, now: Date): MetricSet['values'] {
  const age =
    date === null ? {} : { [SyncMetric.feedAge]: Math.max(0, Math.floor((now.getTime() - Date.parse(date)) / DAY_MS)) };
  return { [SyncMetric.feedFailures]: Number(UNHEALTHY.includes(status)), ...age };
}

function ofTarget({ outcome, drift, apiCalls }: TargetReport): MetricSet['values'] {
  return {
    [SyncMetric.apiCalls]: apiCalls,
    [SyncMetric.targetFailures]: Number(outcome === 'failed'),
    [SyncMetric.driftRepaired]: drift.length,
  };
}

function ofRegions({ id, regions }: TargetReport): MetricSet[] {
  return regions.map(({ region, inForce, added, removed, pendingRemoval, refused }) => ({
    dimensions: { [Dimension.region]: region, [Dimension.target]: id },
    values: {
      [SyncMetric.inForce]: inForce,
      [SyncMetric.added]: added.length,
      [SyncMetric.removed]: removed.length,
      [SyncMetric.pending]: pendingRemoval.length,
      [SyncMetric.refused]: countRefused({ refused }),
    },
  }));
}

function countRefused({ refused }: Pick<TargetReport, 'refused'>): number {
  return refused.added.length + refused.removed.length;
}

function unitOf(name: string) {
  return name === SyncMetric.runDuration ? MetricUnit.Milliseconds : MetricUnit.Count;
}
