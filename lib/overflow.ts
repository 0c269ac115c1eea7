import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import { PrivateBucket } from './private-bucket';

/** SQS keeps nothing longer. */
const KEPT = Duration.days(14);

/** Where the receiver puts what the bus did not take: a queue, and a bucket for what is too large for it. */
export class Overflow extends Construct {
  readonly queue: Queue;
  /** What could not be brought to the bus a thousand times. */
  readonly deadLetters: Queue;
  readonly bucket: PrivateBucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const queue = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true, retentionPeriod: KEPT };
    this.deadLetters = new Queue(this, 'DeadLetters', queue);
    acknowledge(this.deadLetters, { SQS3: 'It is the dead-letter queue' });
    this.queue = new Queue(this, 'Queue', {
      ...queue,
      // Longer than a run of the redrive.
      visibilityTimeout: Duration.minutes(2),
      // A run takes a message once: the most that SQS allows is 16 hours without an event bus.
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 1000 },
    });
    this.bucket = new PrivateBucket(this, 'Bucket', {
      // As long in the queue, and then as long for whoever reads its event.
      kept: Duration.days(2 * KEPT.toDays()),
      unlogged: 'Only the receiver writes to it; who may read it is for the operator to grant and to watch',
    });
  }
}
