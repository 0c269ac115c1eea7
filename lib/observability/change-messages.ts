import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

export interface ChangeMessagesProps {
  /** Name that subscribers see as the sender. */
  readonly name: string;
  /** Email address that receives the messages. @default - none */
  readonly email?: string | undefined;
}

/** The topic to which the sync publishes a message about each run in which something happened. */
export class ChangeMessages extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { name, email }: ChangeMessagesProps) {
    super(scope, id);
    this.topic = new Topic(this, 'Topic', { displayName: `${name} changes`, enforceSSL: true });
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }
}
