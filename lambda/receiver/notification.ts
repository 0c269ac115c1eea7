import * as v from 'valibot';

/** No control characters, surrogates or code points that are none: what no AWS service refuses in a name or attribute. */
const PRINTABLE = /^\P{C}+$/u;

/**
 * What the receiver must know of a notification. Topics come and go and payloads differ, so everything else passes
 * untouched. The topic becomes the event's detail-type, which EventBridge limits to 128 characters.
 */
const Notification = v.looseObject({
  type: v.literal('notification_event'),
  topic: v.pipe(v.string(), v.maxLength(128), v.regex(PRINTABLE)),
  // What is not of its usual shape is not there: no notification is lost over it.
  id: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(512), v.regex(PRINTABLE))), undefined),
  created_at: v.fallback(v.optional(v.number()), undefined),
});

export interface Notification {
  /** The body as it was signed. */
  readonly text: string;
  readonly topic: string;
  /** Undefined where there is none to tell duplicates by. */
  readonly id: string | undefined;
  /** Unix seconds. */
  readonly createdAt: number | undefined;
  /** All fields, as they came. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The notification in a body, or undefined if it is none. Bytes that are not UTF-8 are none. */
export function parseNotification(body: Buffer): Notification | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    const fields = JSON.parse(text);
    const { success, output } = v.safeParse(Notification, fields);
    if (!success) return undefined;
    return { text, topic: output.topic, id: output.id, createdAt: output.created_at, fields };
  } catch {
    return undefined;
  }
}
