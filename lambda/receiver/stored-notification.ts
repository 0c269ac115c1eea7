import type { Notification } from './notification';

/** Where a notification is whole, as it was signed. */
export interface StoredAt {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: number;
}

/** `type` of a detail that references a stored notification, instead of `notification_event`. */
const TYPE = 'notification_event_stored';

/** What such a detail says of the notification: what kind it is, and which. */
const KEPT_FIELDS = [
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

/** The detail of the event of a notification that is too large for the bus: JSON in ASCII, which every service takes. */
export function storedDetail({ fields }: Notification, stored: StoredAt): string {
  const kept = KEPT_FIELDS.map((name) => [name, fields[name]]).filter(([, value]) => isShort(value));
  const detail = JSON.stringify({ type: TYPE, ...Object.fromEntries(kept), stored });
  return detail.replaceAll(/[^\0-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function isShort(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= MAX_FIELD_CHARACTERS;
  return typeof value === 'number' || value === null;
}
