import { notification as textOf } from '../../bin/allowlist/intercom';
import { type Notification, parseNotification } from '../../lambda/receiver/notification';

/** A notification as Intercom sends it, but for the fields that are given. Undefined leaves a field out. */
export function textWith(fields: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ ...JSON.parse(textOf('notif_1')), ...fields });
}

export function notificationWith(fields: Readonly<Record<string, unknown>> = {}): Notification {
  const notification = parseNotification(Buffer.from(textWith(fields)));
  if (!notification) throw new Error('These fields make no notification');
  return notification;
}
