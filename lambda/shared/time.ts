import { count } from './text';

export const MINUTE_MS = 60 * 1000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** `2026-11-25 09:05 UTC` */
export function dayAndTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `just now`, `12 minutes ago`, `3 hours ago`, `2 days ago` */
export function ago(time: Date, now: Date): string {
  const elapsed = now.getTime() - time.getTime();
  if (elapsed < MINUTE_MS) return 'just now';
  if (elapsed < 2 * HOUR_MS) return `${count(Math.floor(elapsed / MINUTE_MS), 'minute')} ago`;
  if (elapsed < 2 * DAY_MS) return `${count(Math.floor(elapsed / HOUR_MS), 'hour')} ago`;
  return `${count(Math.floor(elapsed / DAY_MS), 'day')} ago`;
}
