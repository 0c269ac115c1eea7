import { Duration } from 'aws-cdk-lib';
import { MathExpression, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import { PrivateBucket } from '../private-bucket';

/** The maximum that SQS allows. */
const RETENTION = Duration.days(14);

/** Timeout of the function that redrives a batch. */
export const REDRIVE_TIMEOUT = Duration.seconds(20);

/** The store for notifications that the event bus did not accept: a queue, and a bucket for bodies that are too large for it. */
export class Overflow extends Construct {
  readonly queue: Queue;
  /** Notifications that could not be published in a thousand attempts. */
  readonly deadLetters: Queue;
  readonly bucket: PrivateBucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const queue = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: RETENTION };
    this.deadLetters = new Queue(this, 'DeadLetters', queue);
    acknowledge(this.deadLetters, { SQS3: 'This is a dead-letter queue' });
    this.queue = new Queue(this, 'Queue', {
      ...queue,
      // AWS recommends six times the timeout of the function that reads the queue. It is also the pause between two attempts.
      visibilityTimeout: Duration.seconds(6 * REDRIVE_TIMEOUT.toSeconds()),
      // The maximum that SQS allows: at two minutes per attempt, 33 hours without an event bus.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 1000 },
    });
    this.bucket = new PrivateBucket(this, 'Bucket', {
      // The retention of the queue, and the same again for the consumer of the event.
      expiration: Duration.days(2 * RETENTION.toDays()),
      accessLogExemption: 'Only the receiver and the redrive write to it, and the operator decides who may read it',
    });
  }

  /** Messages in the queue. A failing redrive hides each one for the visibility timeout, so messages in flight count too. */
  metricMessages(options: MetricOptions = {}): MathExpression {
    const { period = Duration.minutes(5) } = options;
    const statistic = Stats.AVERAGE;
    return new MathExpression({
      label: 'messages in the overflow queue',
      ...options,
      expression: 'visible + inFlight',
      usingMetrics: {
        visible: this.queue.metricApproximateNumberOfMessagesVisible({ period, statistic }),
        inFlight: this.queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic }),
      },
      period,
    });
  }
}
