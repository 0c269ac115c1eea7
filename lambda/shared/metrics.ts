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

/**
 * Published by each run that applies, never by a plan. Counts are by stack and published only when they are not zero: an alarm on one
 * has to treat missing data as not breaching.
 */
export const SyncMetric = {
  /** 1 for a run in which no target failed and at least one feed was usable, else 0. Published by every run. */
  goodRuns: 'GoodRuns',
  /** By stack, in milliseconds. Published by every run. */
  runDuration: 'RunDuration',
  targetFailures: 'TargetFailures',
  /** Targets with a plan that waits for approval. */
  plansAwaitingApproval: 'PlansAwaitingApproval',
  /** Ranges, over all targets. */
  added: 'RangesAdded',
  removed: 'RangesRemoved',
  pending: 'RemovalsPending',
  awaitingApproval: 'RangesAwaitingApproval',
  driftRepaired: 'DriftRepaired',
  /** Ranges in an IP set, by region and target. Published by every run. */
  inForce: 'RangesInForce',
  /** By region: 1 when the feed is stale, unusable, or replaced by the built-in addresses, else 0. Published by every run. */
  feedFailures: 'FeedFailures',
  /** Messages about changes that Amazon SNS did not take. The next run sends them. */
  messagesUnsent: 'MessagesUnsent',
  /** Regions that the built-in addresses serve. */
  fallbacks: 'FallbacksInUse',
} as const;

export type ReceiverMetric = (typeof ReceiverMetric)[keyof typeof ReceiverMetric];
export type SyncMetric = (typeof SyncMetric)[keyof typeof SyncMetric];
