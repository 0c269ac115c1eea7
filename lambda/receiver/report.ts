import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { ReceiverMetric } from '../shared/metrics';
import type { Outcome } from './receive';

interface Meaning {
  readonly status: number;
  /** A count that is zero is not published: CloudWatch bills every metric by the hours in which it has data. */
  readonly counts: readonly ReceiverMetric[];
}

const { accepted, duplicates, invalidSignature, invalid, overflowed, deliveryFailed } = ReceiverMetric;

/** Never 410, at which Intercom disables the subscription, nor 429, at which it throttles everything for up to two hours. */
const MEANING: Readonly<Record<Outcome['kind'], Meaning>> = {
  reachable: { status: 200, counts: [] },
  ping: { status: 200, counts: [accepted] },
  published: { status: 200, counts: [accepted] },
  overflowed: { status: 200, counts: [accepted, overflowed] },
  duplicate: { status: 200, counts: [duplicates] },
  'invalid-signature': { status: 401, counts: [invalidSignature] },
  invalid: { status: 400, counts: [invalid] },
  'too-large': { status: 413, counts: [deliveryFailed] },
  'not-durable': { status: 503, counts: [deliveryFailed] },
};

/** What the log record holds in addition to the outcome. Never the body or a signature. */
export interface Call {
  /** API Gateway's, as in its access log. */
  readonly requestId: string | undefined;
  readonly sourceIp: string | undefined;
  readonly bytes: number;
  /** Of the whole answer. */
  readonly milliseconds: number;
}

export function statusOf({ kind }: Outcome): number {
  return MEANING[kind].status;
}

/**
 * Writes one line to the log: the record of the request, from which CloudWatch extracts the metrics (EMF). A second line tells the
 * operator about failures and warnings.
 */
export function report(outcome: Outcome, call: Call, metrics: Metrics, logger: Logger): void {
  if (outcome.kind === 'reachable') return;
  const notification = 'notification' in outcome ? outcome.notification : undefined;
  const { id, topic, fields } = notification ?? {};
  for (const name of MEANING[outcome.kind].counts) metrics.addMetric(name, MetricUnit.Count, 1);
  metrics.addMetric(ReceiverMetric.latency, MetricUnit.Milliseconds, call.milliseconds);
  const record = {
    outcome: outcome.kind,
    status: statusOf(outcome),
    requestId: call.requestId,
    sourceIp: call.sourceIp,
    bytes: call.bytes,
    bodySha256: 'bodySha256' in outcome ? outcome.bodySha256 : undefined,
    signedBy: 'signedBy' in outcome ? outcome.signedBy : undefined,
    notification: notification && { id, topic, deliveryAttempts: numberOf(fields?.delivery_attempts) },
  };
  for (const [key, value] of Object.entries(record)) {
    // The type asks for text, but Powertools writes any JSON value.
    if (value !== undefined) metrics.addMetadata(key, value as string);
  }
  metrics.publishStoredMetrics();
  warn(outcome, { id, topic, bytes: call.bytes }, logger);
}

/** A field may hold anything. Only a number belongs in the log. */
function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function warn(outcome: Outcome, about: Readonly<Record<string, unknown>>, logger: Logger): void {
  if (outcome.kind === 'not-durable') {
    const { reason } = outcome;
    const message =
      'Returned 503: the notification could not be stored. Intercom retries once, a minute later; if that fails it is lost';
    logger.error(message, { ...about, reason });
  } else if (outcome.kind === 'too-large') {
    const message =
      'Returned 413: the notification is larger than Lambda accepts, so it is lost. No setting raises this limit: ask Intercom for smaller notifications of this topic, or unsubscribe from it';
    logger.error(message, about);
  } else if ('warnings' in outcome && outcome.warnings.length > 0) {
    logger.warn('Returned 200, with warnings', { ...about, warnings: outcome.warnings });
  }
}
