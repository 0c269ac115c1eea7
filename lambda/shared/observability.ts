import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { Env } from './constants';
import { Dimension, METRIC_NAMESPACE, type Service } from './metrics';

/** A structured log, and metrics that CloudWatch extracts from lines of that log. */
export function observability(serviceName: (typeof Service)[keyof typeof Service]): {
  logger: Logger;
  metrics: Metrics;
} {
  const defaultDimensions = { [Dimension.stack]: process.env[Env.owner] ?? '' };
  return {
    logger: new Logger({ serviceName }),
    metrics: new Metrics({ namespace: METRIC_NAMESPACE, serviceName, defaultDimensions }),
  };
}
