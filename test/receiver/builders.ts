import { createHmac } from 'node:crypto';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { signatureOf, notification as textOf } from '../../bin/allowlist/intercom';
import { type Notification, parseNotification } from '../../lambda/receiver/notification';
import type { WebhookRequest } from '../../lambda/receiver/receive';

/** The client secret that requests are signed with, unless a test says otherwise. */
export const SECRET = 'the-client-secret';

/** Unix seconds, the same for all notifications, so that the same fields make the same text. */
const SENT_AT = Math.floor(Date.now() / 1000);

/** A notification as Intercom sends it, except for the given fields. Undefined leaves a field out. */
export function textWith(fields: Readonly<Record<string, unknown>> = {}): string {
  const times = { created_at: SENT_AT, first_sent_at: SENT_AT };
  return JSON.stringify({ ...JSON.parse(textOf('notif_1')), ...times, ...fields });
}

export function notificationWith(fields: Readonly<Record<string, unknown>> = {}): Notification {
  const notification = parseNotification(Buffer.from(textWith(fields)));
  if (!notification) throw new Error('These fields make no notification');
  return notification;
}

/** The `X-Body-Signature` that Intercom makes of a body. */
export function bodySignatureOf(body: string | Buffer, secret = SECRET): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** A request as the handler passes it on. */
export function signedRequest(text: string, secret = SECRET): WebhookRequest {
  return { method: 'POST', body: Buffer.from(text), signatures: { hub: signatureOf(text, secret), body: undefined } };
}

/** A request as API Gateway passes it to the function. */
export function eventWith(body: string | null, headers: Record<string, string> = {}): APIGatewayProxyEvent {
  return {
    httpMethod: 'POST',
    headers,
    body,
    isBase64Encoded: false,
    requestContext: { requestId: 'r-1', identity: { sourceIp: '34.197.76.213' } },
  } as unknown as APIGatewayProxyEvent;
}

/**
 * What Lambda tells a function about an invocation. The time is generous: whatever the deadline decides is tested on a fake clock,
 * and no test may depend on the speed of the machine.
 */
export const CONTEXT = { getRemainingTimeInMillis: () => 600_000 } as Context;
