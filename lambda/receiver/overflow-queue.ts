/** Loaded only when something overflows, which is rare. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Deadline } from './deadline';
import type { OverflowMessage } from './overflow-message';

const sqs = new SQSClient({ maxAttempts: 2, useQueueUrlAsEndpoint: false });

/** @throws Error when SQS does not accept it in time */
export async function sendMessage(QueueUrl: string, message: OverflowMessage, deadline: Deadline): Promise<void> {
  const command = new SendMessageCommand({ QueueUrl, ...message });
  await deadline.hedgedCall((abortSignal) => sqs.send(command, { abortSignal }));
}
