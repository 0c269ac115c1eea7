import type { Notification } from './notification';

/** Where the whole notification is stored, as it was signed. */
export interface StoredAt {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
}

/** `type` of a detail that references a stored notification, instead of `notification_event`. */
const TYPE = 'notification_event_stored';

/** Fields of the notification that such a detail repeats: they identify it. */
const REPEATED_FIELDS = [
  'id',
  'topic',
  'app_id',
  'created_at',
  'first_sent_at',
  'delivered_at',
  'delivery_status',
  'delivery_attempts',
] as const;
const MAX_FIELD_CHARACTERS = 512;

/** The detail of an event that references a stored notification: JSON in ASCII, which every service accepts. */
export function storedDetail({ fields }: Notification, stored: StoredAt): string {
  const repeated = REPEATED_FIELDS.map((name) => [name, fields[name]]).filter(([, value]) => isShort(value));
  const detail = JSON.stringify({ type: TYPE, ...Object.fromEntries(repeated), stored });
  return detail.replaceAll(/[^\0-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether this is such a detail, which is never stored itself. */
export function isReference({ fields }: Notification): boolean {
  return fields.type === TYPE;
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_FIELD_CHARACTERS;
  return typeof value === 'number' || value === null;
}
