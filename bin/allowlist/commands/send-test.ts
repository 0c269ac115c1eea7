import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import {
  CLIENT_SECRET_FORM,
  parseClientSecrets,
  type SecretLine,
  type SecretState,
} from '../../../lambda/shared/client-secret';
import { messageOf } from '../../../lambda/shared/errors';
import { isLoopback } from '../../../lambda/shared/feed-url';
import type { Deployment } from '../deployment';
import { CommandError } from '../errors';
import { notification, post } from '../intercom';
import { ExitCode, type Result } from '../result';
import type { Session } from '../session';
import type { Stack } from '../stack';

export interface SendTestOptions {
  readonly topic: string;
  /** @default - the stack's WebhookUrl */
  readonly url?: string;
}

/** The output of `send-test --json`. Contains neither the secret nor the signature. */
interface Test {
  readonly url: string;
  readonly topic: string;
  /** The id of the notification, by which consumers of the bus can find it. */
  readonly id: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly meaning: string;
  /** The line of the stored secret that signed, counted from 1. */
  readonly signedWithLine: number;
}

/**
 * Sends a notification as Intercom does, signed with the first client secret of the receiver.
 *
 * @throws CommandError when there is no receiver or no client secret, or the webhook cannot be reached
 */
export async function sendTest({ stack, session }: Deployment, options: SendTestOptions): Promise<Result> {
  const { topic, url = webhookUrl(stack) } = options;
  const { value: secret, line: signedWithLine } = await readClientSecret(
    receiverOutput(stack, 'ClientSecretArn'),
    session,
  );
  const bus = receiverOutput(stack, 'EventBusName');
  const id = `notif_test_${randomUUID()}`;
  const started = performance.now();
  const status = await post(url, notification(id, topic), secret).catch((error: unknown) => {
    throw new CommandError(`Could not reach ${url}: ${reasonOf(error)}`);
  });
  const milliseconds = Math.round(performance.now() - started);
  const meaning = meaningOf(status, topic, bus);
  const test: Test = { url, topic, id, status, milliseconds, meaning, signedWithLine };
  const text = `${topic} ${id} to ${url}: ${status} in ${milliseconds} ms. ${meaning}`;
  return {
    data: test,
    text: ({ colors }) => (status === 200 ? colors.green(text) : colors.red(text)),
    exitCode: status === 200 ? ExitCode.success : ExitCode.error,
  };
}

/** @returns the first client secret @throws CommandError when there is none, so that nothing is signed with a text that is no secret */
async function readClientSecret(SecretId: string, { secrets: client }: Session): Promise<SecretLine> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId }));
  const { state, secrets } = parseClientSecrets(SecretString);
  if (secrets[0]) return secrets[0];
  throw new CommandError(
    `Secret ${SecretId} ${WITHOUT_SECRET[state] ?? `holds no client secret (${CLIENT_SECRET_FORM})`}. Nothing was sent. The receiver ` +
      'answers notifications with 503, unless the previous version of the secret still verifies them. Store the client secret of your ' +
      `Intercom app: aws secretsmanager put-secret-value --secret-id ${SecretId} --secret-string <client secret>`,
  );
}

const WITHOUT_SECRET: Readonly<Partial<Record<SecretState, string>>> = {
  empty: 'is empty',
  placeholder: 'is still the placeholder',
};

/** @throws CommandError with an emulator, because its WebhookUrl has a host name outside this machine. */
function webhookUrl(stack: Stack): string {
  const url = receiverOutput(stack, 'WebhookUrl');
  const endpoint = process.env.AWS_ENDPOINT_URL ?? '';
  if (!URL.canParse(endpoint) || !isLoopback(new URL(endpoint).hostname)) return url;
  throw new CommandError(
    `AWS_ENDPOINT_URL points to this machine, so ${url} does not lead to the webhook. Nothing was sent. Pass the URL that ` +
      '`npm run local` prints with --url',
  );
}

/** @throws CommandError which tells a stack of this project without a receiver from another stack */
function receiverOutput(stack: Stack, key: string): string {
  if (hasOutput(stack, key) || !hasOutput(stack, 'SyncFunctionName')) return stack.output(key);
  throw new CommandError(
    `Stack ${stack.name} has no output ${key}: this stack has no receiver (ingress=none). Nothing was sent. Pass the stack that has ` +
      'one with --stack. An app that uses the constructs must output WebhookUrl, ClientSecretArn and EventBusName',
  );
}

function hasOutput(stack: Stack, key: string): boolean {
  try {
    return stack.output(key) !== '';
  } catch {
    return false;
  }
}

/** No answer to a connection attempt, which is how a security group drops it. The second code is Node.js's, the first that of its `fetch`. */
const CONNECT_TIMEOUTS = ['UND_ERR_CONNECT_TIMEOUT', 'ETIMEDOUT'];

/** What happened and what to do. The message of `fetch` is only "fetch failed"; the reason is in `cause`, as a code if it has no message. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? `${cause.code}` : '';
  const dropped = CONNECT_TIMEOUTS.includes(code)
    ? '. If a security group protects the webhook, it drops this machine, as it drops every address that Intercom does not publish: send ' +
      'from an address that it allows'
    : '';
  return `${messageOf(cause) || code}. Check the URL and the network${dropped}`;
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The signature is valid, but the receiver did not recognize the body as a notification.',
  401: 'The receiver uses a different secret. A new secret takes effect within a minute. If this persists, check that the URL is that of this stack.',
  403:
    'The web ACL blocked this machine, as it blocks every address that Intercom does not publish. The request did not reach the receiver. ' +
    'To test it, send from an address that your web ACL allows.',
  404: 'There is no webhook at this URL.',
  503: 'The receiver could not verify or store the notification. Read its log.',
};

function meaningOf(status: number, topic: string, bus: string): string {
  if (status !== 200)
    return MEANINGS[status] ?? 'Intercom treats this as a failure: it retries once, a minute later, and then gives up.';
  return topic === 'ping'
    ? 'The signature is valid. The receiver does not publish a ping; pass another --topic to reach the event bus.'
    : `The signature is valid, and the notification is on its way to the event bus ${bus}.`;
}
