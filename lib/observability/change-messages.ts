import { Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';

/** Properties of `ChangeMessages`. */
export interface ChangeMessagesProps {
  /**
   * The name that subscribers see.
   *
   * @default - the name of the stack
   */
  readonly name?: string | undefined;
  /** Email address that receives the messages. @default - none; subscribe to the topic */
  readonly email?: string | undefined;
}

/** A topic for messages about changes. Pass it to an `AllowlistSync`, which publishes one for each run in which something happened. */
export class ChangeMessages extends Construct {
  /** The topic to subscribe to. */
  public readonly topic: Topic;

  constructor(scope: Construct, id: string, props: ChangeMessagesProps = {}) {
    super(scope, id);
    const { name = Stack.of(this).stackName, email } = props;
    this.topic = new Topic(this, 'Topic', { displayName: name, enforceSSL: true });
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }
}
