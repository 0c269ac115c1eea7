import { CLIENT_SECRET_FORM, type StoredSecret } from '../../shared/client-secret';
import type { ReceiverGuard } from '../../shared/guards';
import { count } from '../../shared/text';
import { DAY_MS } from '../../shared/time';
import { assessmentOf, type GuardAssessment } from './assessment';

/** What the receiver cannot work without, as AWS describes it. */
export interface ReceiverFacts {
  readonly busExists: boolean;
  /** Undefined if there is no such secret, or it is scheduled for deletion. */
  readonly secret: SecretFacts | undefined;
  readonly queueExists: boolean;
}

/** What the guard keeps of the stored text: never a client secret. */
export interface SecretFacts extends Pick<StoredSecret, 'state' | 'ignoredLines'> {
  /** When the current version was stored. */
  readonly createdAt: Date | undefined;
}

/** Assesses whether the receiver can accept notifications. */
export function assessReceiver(
  { id, secret: arn, queue }: ReceiverGuard,
  facts: ReceiverFacts,
  now: Date,
): GuardAssessment {
  const placeholder = isFresh(facts, now);
  const command = `aws secretsmanager put-secret-value --secret-id ${arn} --secret-string`;
  const store = `Store it: ${command} <client secret>`;
  return assessmentOf(
    [
      facts.busExists
        ? undefined
        : `Event bus ${id} does not exist. EventBridge may accept events for it and drop them, so notifications are lost although ` +
          'Intercom gets 200. Create a bus of that name',
      placeholder ? undefined : secretProblem(facts.secret, `${arn}`, store),
      facts.queueExists
        ? undefined
        : `Overflow queue ${queue} does not exist, so a notification that the event bus does not accept is lost. Create a queue of that name`,
    ],
    placeholder
      ? [`The client secret is not stored yet, so every notification is answered 503. ${store}`]
      : ignoredLinesNote(facts.secret, command),
  );
}

/** A new stack starts with a placeholder. Its operator has a day to store the secret. */
function isFresh({ secret }: ReceiverFacts, now: Date): boolean {
  return secret?.state === 'placeholder' && now.getTime() - (secret.createdAt?.getTime() ?? 0) < DAY_MS;
}

function secretProblem(secret: ReceiverFacts['secret'], arn: string, store: string): string | undefined {
  const rejected = 'so every notification is answered 503 and lost';
  if (!secret)
    return `Secret ${arn} does not exist or is scheduled for deletion, ${rejected}. Restore it: aws secretsmanager restore-secret --secret-id ${arn}`;
  const what = {
    set: undefined,
    empty: 'is empty',
    placeholder: 'is still the placeholder',
    unusable: `holds text that is no client secret, such as JSON or a comment (a client secret has ${CLIENT_SECRET_FORM})`,
  };
  return (
    what[secret.state] &&
    `The client secret ${what[secret.state]}, ${rejected}, unless the previous version of the secret still verifies it. The next ` +
      `put-secret-value ends that. ${store}`
  );
}

function ignoredLinesNote(secret: SecretFacts | undefined, command: string): string[] {
  if (secret?.state !== 'set' || secret.ignoredLines.length === 0) return [];
  const { ignoredLines } = secret;
  return [
    `The receiver ignores ${count(ignoredLines.length, 'line')} of the client secret (${ignoredLines.join(', ')}), because a client secret ` +
      `has ${CLIENT_SECRET_FORM}. If an app's secret is among them, notifications of that app are answered 401 and lost. Store the ` +
      `client secrets, one per line and nothing else: ${command} <client secrets>`,
  ];
}
