import * as v from 'valibot';
import { APP_REQUEST_DETAIL_TYPE } from '../shared/constants';

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
  /** Of another call to the app: a detail-type that is not a topic. */
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
  const { text, json } = parseText(body);
  const { success, output } = v.safeParse(Notification, json);
  if (!success) return undefined;
  return {
    text,
    topic: output.topic,
    id: output.id,
    createdAt: output.created_at,
    fields: json as Notification['fields'],
  };
}

/**
 * The body of another call of Intercom to an app, such as a request of Canvas Kit: any JSON object, because only that can be the
 * detail of an event. It has no topic and no `id`.
 */
export function parseAppRequest(body: Buffer): Notification | undefined {
  const { text, json } = parseText(body);
  const { success, output } = v.safeParse(v.record(v.string(), v.unknown()), json);
  if (!success || Array.isArray(json)) return undefined;
  return { text, topic: APP_REQUEST_DETAIL_TYPE, id: undefined, createdAt: undefined, fields: output };
}

function parseText(body: Buffer): { text: string; json: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return { text, json: JSON.parse(text) };
  } catch {
    return { text: '', json: undefined };
  }
}
