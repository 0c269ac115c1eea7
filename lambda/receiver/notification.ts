import * as v from 'valibot';

/** No control characters, lone surrogates or unassigned code points: every AWS service accepts the rest in a name or attribute. */
const PRINTABLE = /^\P{C}+$/u;

/**
 * The fields of a notification that the receiver needs. Topics come and go and payloads differ, so everything else passes
 * untouched. The topic becomes the event's detail-type, which EventBridge limits to 128 characters.
 */
const Notification = v.looseObject({
  type: v.literal('notification_event'),
  topic: v.pipe(v.string(), v.maxLength(128), v.regex(PRINTABLE)),
  // A field of an unexpected shape counts as absent: no notification is lost because of it.
  id: v.fallback(v.optional(v.pipe(v.string(), v.maxLength(512), v.regex(PRINTABLE))), undefined),
  created_at: v.fallback(v.optional(v.number()), undefined),
});

export interface Notification {
  /** The body as it was signed. */
  readonly text: string;
  readonly topic: string;
  /** Undefined if there is none to detect duplicates by. */
  readonly id: string | undefined;
  /** Unix seconds. */
  readonly createdAt: number | undefined;
  /** All fields, as received. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The notification in a body, or undefined if the body is not one. It must be UTF-8. */
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
