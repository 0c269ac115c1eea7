import { DAY_MS } from '../../shared/time';
import { CHANGE_DAYS } from '../log';
import type { Overview } from '../overview';
import { dayOf } from './text';

/** What changed in a region on one day, or will change. */
export interface Mark {
  readonly region: string;
  /** `YYYY-MM-DD` */
  readonly day: string;
  readonly added: number;
  readonly removed: number;
  /** Pending removals. */
  readonly due: number;
}

/** From 30 days ago to the last removal that is due in the next 30, and at least to tomorrow. */
export interface Calendar {
  readonly days: readonly string[];
  readonly today: string;
  /** The latest day first. */
  readonly marks: readonly Mark[];
}

/** The changes of the last days and the pending removals, by region and day. */
export function calendarOf({ changes = [], intercomRegions, now }: Overview, utcOffset: string): Calendar {
  const days = new Map<string, Mark>();
  const add = (region: string, day: string, { added = 0, removed = 0, due = 0 }: Partial<Mark>) => {
    const key = `${day} ${region}`;
    const before = days.get(key) ?? { added: 0, removed: 0, due: 0 };
    const sums = { added: before.added + added, removed: before.removed + removed, due: before.due + due };
    days.set(key, { region, day, ...sums });
  };
  for (const { at, region, added, removed } of changes) {
    add(region, dayOf(at, utcOffset), { added: added.length, removed: removed.length });
  }
  for (const { name, ranges } of intercomRegions) {
    for (const { status } of ranges)
      if (status.kind === 'expiring') add(name, dayOf(status.after, utcOffset), { due: 1 });
  }
  const marks = [...days.keys()]
    .sort()
    .reverse()
    .flatMap((key) => days.get(key) ?? []);
  return { ...daysAround(now, marks, utcOffset), marks };
}

function daysAround(now: string, marks: readonly Mark[], utcOffset: string): Pick<Calendar, 'days' | 'today'> {
  const dayAt = (days: number) => dayOf(new Date(Date.parse(now) + days * DAY_MS).toISOString(), utcOffset);
  const past = Array.from({ length: CHANGE_DAYS }, (_, i) => dayAt(i - CHANGE_DAYS));
  const ahead = Array.from({ length: CHANGE_DAYS }, (_, i) => dayAt(i + 1));
  const lastDue = ahead.findLastIndex((day) => marks.some((mark) => mark.due > 0 && mark.day === day));
  return { days: [...past, dayAt(0), ...ahead.slice(0, Math.max(1, lastDue + 1))], today: dayAt(0) };
}
