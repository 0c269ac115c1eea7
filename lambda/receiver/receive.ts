import { messageOf } from '../shared/errors';
import type { ClientSecrets } from './client-secrets';
import type { Deadline } from './deadline';
import type { Delivery } from './delivery';
import { type Notification, parseNotification } from './notification';
import { signatureIn } from './signature';

/** A request to the webhook. */
export interface WebhookRequest {
  readonly method: string;
  /** The raw bytes: what the signature covers. */
  readonly body: Buffer;
  readonly signature: string | undefined;
}

/** The result of a request. Status, metrics and log record all derive from it. */
export type Outcome =
  | { readonly kind: 'reachable' | 'invalid-signature' | 'invalid' | 'too-large' }
  | {
      readonly kind: 'ping' | 'published' | 'overflowed' | 'duplicate';
      readonly notification: Notification;
      /** What failed without consequences for the answer, one sentence each. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'not-durable'; readonly notification?: Notification; readonly reason: string };

/**
 * Lambda accepts 6 MB (6,291,456 bytes) per invocation, including API Gateway's description of the request, and the body is
 * encoded in base64: 4 bytes for 3. API Gateway itself answers 413 to a larger request.
 */
export const MAX_BODY_BYTES = 4_500_000;

export async function receive(
  { method, body, signature }: WebhookRequest,
  secrets: ClientSecrets,
  delivery: Delivery,
  deadline: Deadline,
): Promise<Outcome> {
  // Intercom sends HEAD to check the URL when it is saved.
  if (method === 'HEAD') return { kind: 'reachable' };
  const digest = signatureIn(signature);
  if (digest === undefined) return { kind: 'invalid-signature' };
  let notification: Notification | undefined;
  try {
    if (!(await secrets.verify(body, digest, deadline))) return { kind: 'invalid-signature' };
    if (body.length > MAX_BODY_BYTES) return { kind: 'too-large' };
    notification = parseNotification(body);
    if (!notification) return { kind: 'invalid' };
    if (notification.topic === 'ping') return { kind: 'ping', notification, warnings: [] };
    const { status, warnings } = await delivery.deliver(notification, deadline);
    return { kind: status, notification, warnings };
  } catch (error) {
    return { kind: 'not-durable', reason: messageOf(error), ...(notification ? { notification } : {}) };
  }
}
