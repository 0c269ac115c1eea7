import { createHmac } from 'node:crypto';

const PING = { type: 'ping', message: 'something something interzen' } as const;
const CONVERSATION = {
  type: 'conversation',
  id: '1122334455',
  source: { body: 'Grüße, 世界', author: { type: 'user' } },
} as const;

/** A notification as Intercom sends it (developers.intercom.com, "Webhook models"). */
export function notification(id: string, topic = 'conversation.user.created'): string {
  const now = Math.floor(Date.now() / 1000);
  return JSON.stringify({
    type: 'notification_event',
    id,
    topic,
    app_id: 'a86dr8yl',
    data: { type: 'notification_event_data', item: topic === 'ping' ? PING : CONVERSATION },
    links: {},
    self: null,
    created_at: now,
    first_sent_at: now,
    delivered_at: 0,
    delivery_status: 'pending',
    delivery_attempts: 1,
  });
}

/** The `X-Hub-Signature` that Intercom makes of a body. */
export function signatureOf(body: string | Buffer, secret: string): string {
  return `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
}

/** Sends a body with the headers that Intercom sends. @returns the status of the answer */
export async function post(url: string, body: string, secret: string): Promise<number> {
  const { status } = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'user-agent': 'intercom-parrot-service-client/1.0',
      accept: 'application/json',
      'content-type': 'application/json',
      'x-hub-signature': signatureOf(body, secret),
    },
  });
  return status;
}
