import { DAY_MS } from '../../lambda/shared/time';

export { dayAndTime } from '../../lambda/shared/time';

/** Whole days from a `YYYY-MM-DD` to a moment, in UTC. */
export function daysSince(day: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(day)) / DAY_MS);
}
