/**
 * Names of the metrics that the functions emit, and that the dashboard and the alarms read.
 */

export const METRIC_NAMESPACE = 'IntercomAllowlist';

/** Dimensions in addition to `service`, which Powertools adds. Every metric has the stack as a dimension. */
export const Dimension = { stack: 'stack', region: 'region', target: 'target' } as const;

/** The values of the dimension `service`. */
export const Service = { sync: 'sync', receiver: 'receiver', redrive: 'redrive' } as const;

/** Counts, except for the latency. */
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
  /** Answered 503 or 413: Intercom retries once, then the notification is lost. */
  deliveryFailed: 'DeliveryFailed',
  /** Time until the answer, in milliseconds. */
  latency: 'Latency',
} as const;

/**
 * Published by each run that applies, never by a plan. Unless it says otherwise, a count is published only if it is not zero: an alarm on
 * it must treat missing data as not breaching.
 */
export const SyncMetric = {
  /** 1 for a run in which no target failed and at least one feed was usable, else 0. Published by every run. */
  goodRuns: 'GoodRuns',
  /** By stack, in milliseconds. Published by every run. */
  runDuration: 'RunDuration',
  targetFailures: 'TargetFailures',
  /** Targets with a plan that awaits approval. Zero is published by runs that read all targets: an alarm must ignore missing data. */
  plansAwaitingApproval: 'PlansAwaitingApproval',
  /** Ranges, over all targets. */
  added: 'RangesAdded',
  removed: 'RangesRemoved',
  pending: 'RemovalsPending',
  awaitingApproval: 'RangesAwaitingApproval',
  driftRepaired: 'DriftRepaired',
  /** Targets in which others allow more than /20 (IPv4) or /40 (IPv6), where nobody accepts it. Zero as above. */
  exposedTargets: 'ExposedTargets',
  /** Problems of the guards, and guards that could not be read. */
  guardProblems: 'GuardProblems',
  /** Ranges in an IP set, by region and target. Published by every run. */
  inForce: 'RangesInForce',
  /** By region: 1 when the feed is stale, unusable, or replaced by the built-in addresses, else 0. Published by every run. */
  feedFailures: 'FeedFailures',
  /** Runs that could not send all messages about changes. */
  messagesUnsent: 'MessagesUnsent',
  /** Regions whose feed is fresh but untrusted, because some of its entries were rejected. */
  untrustedFeeds: 'UntrustedFeeds',
  /** Regions that the built-in addresses serve. */
  fallbacks: 'FallbacksInUse',
} as const;

export type ReceiverMetric = (typeof ReceiverMetric)[keyof typeof ReceiverMetric];
export type SyncMetric = (typeof SyncMetric)[keyof typeof SyncMetric];
