import { createHash } from 'node:crypto';
import { messageOf } from '../shared/errors';
import type { ClientSecrets } from './client-secrets';
import type { Deadline } from './deadline';
import type { Delivery } from './delivery';
import { type Notification, parseAppRequest, parseNotification } from './notification';
import { type Match, type SignatureHeaders, signaturesIn } from './signature';

/** A request to the webhook. */
export interface WebhookRequest {
  readonly method: string;
  /** The raw bytes: what the signatures cover. */
  readonly body: Buffer;
  /** One valid signature is enough. */
  readonly signatures: SignatureHeaders;
}

/** The result of a request. Status, metrics and log record all derive from it. */
export type Outcome =
  | { readonly kind: 'reachable' }
  | {
      readonly kind: 'invalid-signature';
      /** By which a body can be compared with what was sent, without being logged. */
      readonly bodySha256: string;
    }
  | { readonly kind: 'invalid' | 'too-large'; readonly signedBy: Match }
  | {
      readonly kind: 'ping' | 'published' | 'overflowed' | 'duplicate';
      readonly notification: Notification;
      readonly signedBy: Match;
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
  request: WebhookRequest,
  secrets: ClientSecrets,
  delivery: Delivery,
  deadline: Deadline,
): Promise<Outcome> {
  const { method, body } = request;
  // Intercom sends HEAD to check the URL when it is saved.
  if (method === 'HEAD') return { kind: 'reachable' };
  const signatures = signaturesIn(request.signatures);
  if (signatures.length === 0) return invalidSignature(body);
  let notification: Notification | undefined;
  try {
    const matches = await secrets.verify(body, signatures, deadline);
    const [signedBy] = matches;
    if (!signedBy) return invalidSignature(body);
    if (body.length > MAX_BODY_BYTES) return { kind: 'too-large', signedBy };
    notification = parseNotification(body) ?? (hasBodySignature(matches) ? parseAppRequest(body) : undefined);
    if (!notification) return { kind: 'invalid', signedBy };
    if (notification.topic === 'ping') return { kind: 'ping', notification, signedBy, warnings: [] };
    const { status, warnings } = await delivery.deliver(notification, deadline);
    return { kind: status, notification, signedBy, warnings };
  } catch (error) {
    return { kind: 'not-durable', reason: messageOf(error), ...(notification ? { notification } : {}) };
  }
}

function invalidSignature(body: Buffer): Outcome {
  return { kind: 'invalid-signature', bodySha256: createHash('sha256').update(body).digest('hex') };
}

/** Webhooks do not carry it. Other calls to the app do. */
function hasBodySignature(matches: readonly Match[]): boolean {
  return matches.some(({ algorithm }) => algorithm === 'sha256');
}
