const DAY_MS = 24 * 60 * 60 * 1000;

/** `2026-11-25 09:05 UTC` */
export function dayAndTime(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** Whole days from a `YYYY-MM-DD` to a moment, in UTC. */
export function daysSince(day: string, now: Date): number {
  return Math.floor((now.getTime() - Date.parse(day)) / DAY_MS);
}

/** `just now`, `12 minutes ago`, `3 hours ago`, `2 days ago` */
export function ago(time: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - time.getTime()) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 120) return `${count(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} hours ago` : `${Math.floor(hours / 24)} days ago`;
}

/** `1 range`, `2 ranges` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
