import { DescribeEventBusCommand } from '@aws-sdk/client-eventbridge';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { assessReceiver, type SecretFacts } from '../../core/guards/receiver';
import { parseClientSecrets } from '../../shared/client-secret';
import type { ReceiverGuard } from '../../shared/guards';
import { type GuardReader, unlessMissing } from './guard';

export const readReceiver: GuardReader<ReceiverGuard> = async (guard, { clients, now }) => {
  const { eventBridge, secretsManager, sqs } = clients;
  const [bus, secret, queue] = await Promise.all([
    unlessMissing(eventBridge.send(new DescribeEventBusCommand({ Name: guard.id })), ['ResourceNotFoundException']),
    readSecret(guard.secret, secretsManager),
    unlessMissing(sqs.send(new GetQueueAttributesCommand({ QueueUrl: guard.queue, AttributeNames: ['QueueArn'] })), [
      'QueueDoesNotExist',
      'AWS.SimpleQueueService.NonExistentQueue',
    ]),
  ]);
  return assessReceiver(guard, { busExists: bus !== undefined, secret, queueExists: queue !== undefined }, now);
};

/** Reads the secret only to see whether it can be one, and keeps nothing of it. */
async function readSecret(SecretId: string, client: SecretsManagerClient): Promise<SecretFacts | undefined> {
  // A secret that is scheduled for deletion answers InvalidRequestException.
  const missing = ['ResourceNotFoundException', 'InvalidRequestException'];
  const answer = await unlessMissing(client.send(new GetSecretValueCommand({ SecretId })), missing);
  if (!answer) return undefined;
  const { state, ignoredLines } = parseClientSecrets(answer.SecretString ?? '');
  return { state, ignoredLines, createdAt: answer.CreatedDate };
}
