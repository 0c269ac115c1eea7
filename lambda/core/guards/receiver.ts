import type { ReceiverGuard } from '../../shared/guards';
import { DAY_MS } from '../../shared/time';
import { assessmentOf, type GuardAssessment } from './assessment';

/** What the receiver cannot work without, as AWS describes it. */
export interface ReceiverFacts {
  readonly busExists: boolean;
  /** Undefined if there is no such secret, or it is scheduled for deletion. */
  readonly secret: { readonly state: SecretState; readonly createdAt: Date | undefined } | undefined;
  readonly queueExists: boolean;
}

/** `placeholder`: what the stack generates. `unusable`: a JSON object, such as the console's form of keys and values stores. */
export type SecretState = 'set' | 'empty' | 'placeholder' | 'unusable';

/** Never keeps the secret itself. */
export function secretStateOf(text: string): SecretState {
  const secret = text.trim();
  if (secret === '') return 'empty';
  if (!secret.startsWith('{')) return 'set';
  return /^\{[^{]*"placeholder"/.test(secret) ? 'placeholder' : 'unusable';
}

/** Assesses whether the receiver can accept notifications. */
export function assessReceiver(
  { id, secret: arn, queue }: ReceiverGuard,
  facts: ReceiverFacts,
  now: Date,
): GuardAssessment {
  const placeholder = isFresh(facts, now);
  const store = `Store it: aws secretsmanager put-secret-value --secret-id ${arn} --secret-string <client secret>`;
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
    placeholder ? [`The client secret is not stored yet, so every notification is answered 503. ${store}`] : [],
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
    unusable: 'holds a JSON object instead of a client secret',
  };
  return what[secret.state] && `The client secret ${what[secret.state]}, ${rejected}. ${store}`;
}
