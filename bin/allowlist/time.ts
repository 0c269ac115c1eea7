import { DAY_MS } from '../../lambda/shared/time';

/** `2026-11-25 09:05 UTC` */
export function dayAndTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Whole days from a `YYYY-MM-DD` to a moment, in UTC. */
export function daysSince(day: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(day)) / DAY_MS);
}
