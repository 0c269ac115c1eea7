import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Message } from '../core/message/message';
import type { AwsConfig } from './clients';

/** Sends a message to the topic. @throws Error of Amazon SNS or of the network */
export type Notify = (message: Message) => Promise<void>;

/** Messages are sent at the end of a run, also of one whose time is up, so they get little time. */
const PATIENCE = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
} as const;

export function notifierOf(topicArn: string, aws: AwsConfig): Notify {
  const client = new SNSClient({ ...aws, ...PATIENCE });
  return async ({ subject, body, attributes }) => {
    await client.send(
      new PublishCommand({
        TopicArn: topicArn,
        Subject: subject,
        Message: body,
        MessageAttributes: {
          event: listed(attributes.event),
          intercomRegion: listed(attributes.intercomRegion),
          outcome: { DataType: 'String', StringValue: attributes.outcome },
        },
      }),
    );
  };
}

/** A filter policy matches if it names any of them. */
function listed(values: readonly string[]) {
  return { DataType: 'String.Array', StringValue: JSON.stringify(values) };
}
