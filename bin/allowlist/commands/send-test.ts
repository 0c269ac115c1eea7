import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { messageOf } from '../../../lambda/shared/errors';
import { isLoopback } from '../../../lambda/shared/feed-url';
import type { Deployment } from '../deployment';
import { CommandError } from '../errors';
import { notification, post } from '../intercom';
import { ExitCode, type Result } from '../result';
import type { Stack } from '../stack';

export interface SendTestOptions {
  readonly topic: string;
  /** @default - the stack's WebhookUrl */
  readonly url?: string;
}

/** What `send-test --json` prints. The secret and the signature are in none of it. */
interface Test {
  readonly url: string;
  readonly topic: string;
  /** The notification's id, to look for behind the bus. */
  readonly id: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly meaning: string;
}

/**
 * Sends a notification as Intercom does, signed with the client secret that the receiver checks with.
 *
 * @throws CommandError when the webhook can't be reached
 */
export async function sendTest({ stack, session }: Deployment, options: SendTestOptions): Promise<Result> {
  const { topic, url = webhookUrl(stack) } = options;
  const SecretId = stack.output('ClientSecretArn');
  const { SecretString: secret } = await session.secrets.send(new GetSecretValueCommand({ SecretId }));
  if (!secret)
    throw new CommandError(`Secret ${SecretId} holds no text. Nothing was sent. Put the app's client secret in it`);
  const id = `notif_test_${randomUUID()}`;
  const started = performance.now();
  const status = await post(url, notification(id, topic), secret).catch((error: unknown) => {
    throw new CommandError(`Could not reach ${url}: ${reasonOf(error)}. Check the URL and the network`);
  });
  const milliseconds = Math.round(performance.now() - started);
  const meaning = meaningOf(status, topic, stack.output('EventBusName'));
  const test: Test = { url, topic, id, status, milliseconds, meaning };
  const text = `${topic} ${id} to ${url}: ${status} in ${milliseconds} ms. ${meaning}`;
  return {
    data: test,
    text: ({ colors }) => (status === 200 ? colors.green(text) : colors.red(text)),
    exitCode: status === 200 ? ExitCode.fine : ExitCode.error,
  };
}

/** @throws CommandError in an emulator: the host of its WebhookUrl is not its own, and may be somebody's. */
function webhookUrl(stack: Stack): string {
  const url = stack.output('WebhookUrl');
  const endpoint = process.env.AWS_ENDPOINT_URL ?? '';
  if (!URL.canParse(endpoint) || !isLoopback(new URL(endpoint).hostname)) return url;
  throw new CommandError(
    `AWS_ENDPOINT_URL is on this machine, so ${url} is not where the webhook is. Nothing was sent. Name the URL that ` +
      '`npm run local` prints by --url',
  );
}

/** `fetch` says only "fetch failed" and keeps the reason in `cause`. */
function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause ? error.cause : error);
}

const MEANINGS: Readonly<Record<number, string>> = {
  400: 'It is signed, but the receiver takes it for no notification.',
  401: "The receiver has another secret. A new one takes effect within a minute; if this lasts, the secret's value has space around it or was changed by hand.",
  403:
    'The web ACL blocked this machine, as it must block any address that Intercom does not publish. The receiver was not reached. ' +
    'To test it, send from an address that your web ACL lets in.',
  404: 'There is no webhook at this URL.',
  503: 'The receiver could not hand it on: see its log.',
};

function meaningOf(status: number, topic: string, bus: string): string {
  if (status !== 200)
    return MEANINGS[status] ?? 'Intercom takes this for an error: it sends once more in a minute, then never.';
  return topic === 'ping'
    ? 'The signature is right. A ping goes no further; name a --topic to reach the bus.'
    : `The signature is right, and the notification is on its way to the bus ${bus}.`;
}
