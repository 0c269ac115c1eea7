/**
 * Names of the metrics that functions emit and that dashboard and alarms read.
 */

export const METRIC_NAMESPACE = 'IntercomAllowlist';

/** Dimensions in addition to `service`, which Powertools adds. Every metric comes by stack. */
export const Dimension = { stack: 'stack', region: 'region', target: 'target' } as const;

/** The values of the dimension `service`. */
export const Service = { sync: 'sync', receiver: 'receiver', redrive: 'redrive' } as const;

/** Counts, but for the latency. */
export const ReceiverMetric = {
  /** Answered 200 and durable: on the bus or in the overflow, or a ping, which is only counted. */
  accepted: 'Accepted',
  /** Answered 200 because the id was seen in the last 24 hours. */
  duplicates: 'Duplicates',
  /** Answered 401. */
  invalidSignature: 'InvalidSignature',
  /** Answered 400. */
  invalid: 'Invalid',
  /** Accepted, but not on the bus yet. */
  overflowed: 'Overflowed',
  /** Answered 503 or 413: Intercom sends it once more, then never. */
  deliveryFailed: 'DeliveryFailed',
  /** Of the whole answer, in milliseconds. */
  latency: 'Latency',
} as const;

/** Of a run that applies. A plan is nothing that happened, so it is not counted. */
export const SyncMetric = {
  /** By stack. 1 for a run in which no target failed and some feed could be used. */
  goodRuns: 'GoodRuns',
  /** By stack, in milliseconds. */
  runDuration: 'RunDuration',
  /** By stack, and by target: AWS calls, the SDK's own retries included. */
  apiCalls: 'ApiCalls',
  /** By stack, and by target: targets that failed. */
  targetFailures: 'TargetFailures',
  /** By stack: targets in which a plan waits for an approval, or what is refused for good. */
  plansWaiting: 'PlansWaiting',
  /** By stack, and by region and target: ranges. */
  added: 'RangesAdded',
  removed: 'RangesRemoved',
  pending: 'RemovalsPending',
  refused: 'RangesRefused',
  /** By stack, and by target: ranges. */
  driftRepaired: 'DriftRepaired',
  /** By region and target: ranges. */
  inForce: 'RangesInForce',
  /** By region: whole days since the feed's date, where it has one. */
  feedAge: 'FeedAge',
  /** By region: 1 when the feed could not be had or used, is stale, or the shipped addresses serve in its place. */
  feedFailures: 'FeedFailures',
  /** By stack: regions for which the shipped addresses serve. */
  bootstraps: 'BootstrapsInUse',
} as const;

export type ReceiverMetric = (typeof ReceiverMetric)[keyof typeof ReceiverMetric];
export type SyncMetric = (typeof SyncMetric)[keyof typeof SyncMetric];
