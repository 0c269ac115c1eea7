import type { APIGatewayProxyEvent } from 'aws-lambda';
import { signatureOf } from '../../bin/allowlist/intercom';
import { BENCH_SECRET } from './bench-secret';

/** A notification of about 3 KB, the size of a conversation with one part. */
export function notificationText(number: number): string {
  const person = (type: string, id: string) => ({ type, id, name: 'Ada Lovelace', email: 'ada@example.com' });
  return JSON.stringify({
    type: 'notification_event',
    app_id: 'a86dr8yl',
    id: `notif_${number.toString(16).padStart(24, '0')}`,
    topic: 'conversation.user.replied',
    data: {
      type: 'notification_event_data',
      item: {
        type: 'conversation',
        id: String(1_122_334_455 + number),
        created_at: 1_782_723_000,
        updated_at: 1_782_723_600,
        source: {
          type: 'conversation',
          body: '<p>Grüße, wo bleibt meine Bestellung?</p>',
          author: person('user', '65a1'),
        },
        contacts: { type: 'contact.list', contacts: [person('contact', '65a1')] },
        teammates: { type: 'admin.list', admins: [person('admin', '814860'), person('admin', '814861')] },
        statistics: { time_to_assignment: 2310, time_to_first_close: 2310, count_reopens: 2, count_assignments: 3 },
        conversation_parts: {
          type: 'conversation_part.list',
          conversation_parts: [
            { type: 'conversation_part', id: '3', part_type: 'comment', body: 'Lorem ipsum '.repeat(150) },
          ],
          total_count: 1,
        },
      },
    },
    links: {},
    self: null,
    created_at: 1_782_723_600,
    first_sent_at: 1_782_723_600,
    delivered_at: 0,
    delivery_status: 'pending',
    delivery_attempts: 1,
  });
}

/** Signed notifications of about 3 KB, each with an id of its own, as API Gateway hands them over. */
export function eventsFrom(first: number, count: number): APIGatewayProxyEvent[] {
  return Array.from({ length: count }, (_, index) => {
    const text = notificationText(first + index);
    const headers = {
      Accept: 'application/json',
      'Content-Type': 'application/json',
      Host: 'abcdefghij.execute-api.eu-west-1.amazonaws.com',
      'User-Agent': 'intercom-parrot-service-client/1.0',
      'X-Forwarded-For': '54.216.9.3',
      'X-Hub-Signature': signatureOf(text, BENCH_SECRET),
    };
    return {
      httpMethod: 'POST',
      path: '/webhook',
      headers,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      body: Buffer.from(text).toString('base64'),
      isBase64Encoded: true,
      requestContext: { requestId: `request-${index}`, identity: { sourceIp: '54.216.9.3' } },
    } as unknown as APIGatewayProxyEvent;
  });
}
