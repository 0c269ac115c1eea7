import { Duration } from 'aws-cdk-lib';
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledge';
import { PrivateBucket } from '../private-bucket';

/** SQS keeps nothing longer. */
const KEPT = Duration.days(14);

/** Of the function that redrives a batch. */
export const REDRIVE_TIMEOUT = Duration.seconds(20);

/** Where the receiver puts what the bus did not take: a queue, and a bucket for what is too large for it. */
export class Overflow extends Construct {
  readonly queue: Queue;
  /** What could not be published in a thousand attempts. */
  readonly deadLetters: Queue;
  readonly bucket: PrivateBucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const queue = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: KEPT };
    this.deadLetters = new Queue(this, 'DeadLetters', queue);
    acknowledge(this.deadLetters, { SQS3: 'It is the dead-letter queue' });
    this.queue = new Queue(this, 'Queue', {
      ...queue,
      // AWS asks for six times the timeout of the function that reads the queue. It is the pause between two attempts too.
      visibilityTimeout: Duration.seconds(6 * REDRIVE_TIMEOUT.toSeconds()),
      // The most that SQS allows: at two minutes per attempt, 33 hours without an event bus.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 1000 },
    });
    this.bucket = new PrivateBucket(this, 'Bucket', {
      // As long in the queue, and then as long for whoever reads its event.
      expiration: Duration.days(2 * KEPT.toDays()),
      accessLogExemption: 'Only the receiver writes to it; who may read it is for the operator to grant and to watch',
    });
  }

  /** Messages in the queue. A failing redrive hides each for the visibility timeout, so those in flight count too. */
  metricMessages({ period }: { readonly period: Duration }): MathExpression {
    const statistic = Stats.AVERAGE;
    return new MathExpression({
      expression: 'visible + inFlight',
      usingMetrics: {
        visible: this.queue.metricApproximateNumberOfMessagesVisible({ period, statistic }),
        inFlight: this.queue.metricApproximateNumberOfMessagesNotVisible({ period, statistic }),
      },
      label: 'messages in the overflow queue',
      period,
    });
  }
}
