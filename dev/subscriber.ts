import { CreateTopicCommand, SetSubscriptionAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { clientConfig } from './closed-environment';

/** A message as a queue that subscribes receives it. */
export interface Received {
  readonly subject: string;
  readonly body: string;
  readonly event: readonly string[];
  readonly intercomRegion: readonly string[];
  readonly outcome: string;
}

/** A queue that subscribes to a topic. */
export class Subscriber {
  private constructor(
    private readonly sqs: SQSClient,
    private readonly queueUrl: string,
  ) {}

  /** @param policy a filter policy. @default - all messages */
  static async of(
    topicArn: string,
    config: ReturnType<typeof clientConfig>,
    name: string,
    policy?: Readonly<Record<string, readonly string[]>>,
  ): Promise<Subscriber> {
    const sqs = new SQSClient(config);
    const sns = new SNSClient(config);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: Attributes?.QueueArn,
        ReturnSubscriptionArn: true,
      }),
    );
    if (policy) {
      const filter = { AttributeName: 'FilterPolicy', AttributeValue: JSON.stringify(policy) };
      await sns.send(new SetSubscriptionAttributesCommand({ SubscriptionArn, ...filter }));
    }
    return new Subscriber(sqs, QueueUrl);
  }

  /** The messages that arrived since the last call. */
  async receive(): Promise<Received[]> {
    const received: Received[] = [];
    for (;;) {
      const { Messages = [] } = await this.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.queueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return received;
      for (const { Body = '', ReceiptHandle } of Messages) {
        received.push(toReceived(JSON.parse(Body)));
        await this.sqs.send(new DeleteMessageCommand({ QueueUrl: this.queueUrl, ReceiptHandle }));
      }
    }
  }
}

export async function makeTopic(name: string, config: ReturnType<typeof clientConfig>): Promise<string> {
  const { TopicArn = '' } = await new SNSClient(config).send(new CreateTopicCommand({ Name: name }));
  return TopicArn;
}

/** What SNS puts into a queue. */
interface Envelope {
  readonly Subject: string;
  readonly Message: string;
  readonly MessageAttributes: Readonly<Record<string, { readonly Value: string }>>;
}

function toReceived({ Subject, Message, MessageAttributes }: Envelope): Received {
  const attribute = (name: string) => MessageAttributes[name]?.Value ?? '';
  return {
    subject: Subject,
    body: Message,
    event: JSON.parse(attribute('event')),
    intercomRegion: JSON.parse(attribute('intercomRegion')),
    outcome: attribute('outcome'),
  };
}
