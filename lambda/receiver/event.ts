import { DAY_MS } from '../shared/time';
import type { BusEvent } from './bus';
import type { Notification } from './notification';

/** A notification as an event: its topic, and the text exactly as it was signed. */
export function eventOf({ topic, text, createdAt }: Notification, now: number): BusEvent {
  return { detailType: topic, detail: text, time: eventTime(createdAt, now) };
}

/** Intercom's `created_at`. An implausible date is ignored: no notification is lost because of it. */
function eventTime(createdAt: number | undefined, now: number): Date {
  const time = (createdAt ?? 0) * 1000;
  return new Date(time > 0 && time <= now + DAY_MS ? time : now);
}
