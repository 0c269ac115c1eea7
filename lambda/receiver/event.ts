import { DAY_MS } from '../shared/time';
import type { BusEvent } from './bus';
import type { Notification } from './notification';

/** A notification as an event: its topic, and the very text that was signed. */
export function eventOf({ topic, text, createdAt }: Notification, now: number): BusEvent {
  return { detailType: topic, detail: text, time: eventTime(createdAt, now) };
}

/** When it happened, says Intercom. An implausible date is left aside: no notification is lost over it. */
function eventTime(createdAt: number | undefined, now: number): Date {
  const time = (createdAt ?? 0) * 1000;
  return new Date(time > 0 && time <= now + DAY_MS ? time : now);
}
