import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EVENT_SOURCE } from '../shared/names';
import type { Notification } from './notification';

/** EventBridge takes at most 1 MB an entry: the sum of time (14 bytes), source, detail-type and detail in UTF-8. */
const MAX_ENTRY_BYTES = 1024 * 1024;
const TIME_BYTES = 14;
const DAY_SECONDS = 24 * 60 * 60;

export function fitsBus(text: string, { topic }: Notification): boolean {
  const bytes = [EVENT_SOURCE, topic, text].reduce((sum, part) => sum + Buffer.byteLength(part), TIME_BYTES);
  return bytes <= MAX_ENTRY_BYTES;
}

/**
 * Puts a notification on the bus, as it was signed. It is durable when this returns.
 *
 * @throws Error when EventBridge did not take it.
 */
export async function publish(client: EventBridgeClient, bus: string, text: string, notification: Notification) {
  const { created_at: createdAt, topic } = notification;
  const { Entries = [] } = await client.send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: bus,
          Source: EVENT_SOURCE,
          DetailType: topic,
          Detail: text,
          ...eventTime(createdAt),
        },
      ],
    }),
  );
  const [entry] = Entries;
  if (entry?.EventId === undefined) throw new Error(`${entry?.ErrorCode}: ${entry?.ErrorMessage}`);
}

/** Unix seconds as the event's time. Anything else is left to EventBridge: no notification is lost over its date. */
function eventTime(seconds: unknown): { Time?: Date } {
  const plausible = typeof seconds === 'number' && seconds > 0 && seconds <= Date.now() / 1000 + DAY_SECONDS;
  return plausible ? { Time: new Date(seconds * 1000) } : {};
}
