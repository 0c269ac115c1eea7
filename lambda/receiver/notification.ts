import * as v from 'valibot';

/**
 * What the receiver must know of a notification. Topics come and go and payloads differ, so everything else passes
 * untouched. The topic becomes the event's detail-type, which EventBridge limits to 128 characters.
 */
const Notification = v.looseObject({
  type: v.literal('notification_event'),
  topic: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
  id: v.optional(v.unknown()),
  created_at: v.optional(v.unknown()),
});

export type Notification = v.InferOutput<typeof Notification>;

/** The notification in a body, or undefined if it is none. Bytes that are not UTF-8 are none. */
export function parseNotification(body: Buffer): { text: string; notification: Notification } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const parsed = v.safeParse(Notification, JSON.parse(text));
    return parsed.success ? { text, notification: parsed.output } : undefined;
  } catch {
    return undefined;
  }
}
