import { CfnOutput, Duration, Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { EventBus, Match, Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface ConsumerStackProps extends StackProps {
  /** The output `EventBusName` of the stack that receives the notifications. */
  readonly eventBusName: string;
}

/** A queue of all conversation events, for a team that processes them. */
export class ConsumerStack extends Stack {
  constructor(scope: Construct, id: string, { eventBusName, ...props }: ConsumerStackProps) {
    super(scope, id, props);
    const queueProps = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    };
    const deadLetterQueue = new Queue(this, 'DeadLetters', queueProps);
    Validations.of(deadLetterQueue).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'It is the dead-letter queue',
    });
    const queue = new Queue(this, 'Queue', {
      ...queueProps,
      // Messages that the consumer failed to process five times.
      deadLetterQueue: { queue: deadLetterQueue, maxReceiveCount: 5 },
    });
    new Rule(this, 'Conversations', {
      eventBus: EventBus.fromEventBusName(this, 'Bus', eventBusName),
      description: 'All conversation events, including topics that Intercom adds later',
      eventPattern: { source: ['intercom.webhook'], detailType: Match.prefix('conversation.') },
      // Events that EventBridge failed to deliver for a day.
      targets: [new SqsQueue(queue, { deadLetterQueue, maxEventAge: Duration.days(1) })],
    });
    new CfnOutput(this, 'QueueUrl', { value: queue.queueUrl });
    new CfnOutput(this, 'DeadLetterQueueUrl', { value: deadLetterQueue.queueUrl });
  }
}
