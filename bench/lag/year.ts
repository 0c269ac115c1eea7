import { Temporal } from 'temporal-polyfill';
import { type Expansion, expand, type Schedule } from '../schedule';

/** A year in which Dublin's clock changes twice. */
export const YEAR = 2027;
const ZONE = 'Europe/Dublin';

/** From one moment to another, in milliseconds since 1970. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A day in Dublin. */
export interface Day {
  readonly date: string;
  readonly span: Span;
  /** Around the daily rewrite of the feeds: 09:00 to 09:55. */
  readonly window: Span;
  /** 24, or 23 and 25 where the clock changes. */
  readonly hours: number;
}

/** Every day of the year. */
export function daysOfYear(): Day[] {
  const first = Temporal.PlainDate.from({ year: YEAR, month: 1, day: 1 });
  return Array.from({ length: first.daysInYear }, (_, index) => {
    const date = first.add({ days: index });
    const at = (time: string) => date.toZonedDateTime({ timeZone: ZONE, plainTime: time }).epochMilliseconds;
    const start = date.toZonedDateTime(ZONE);
    return {
      date: date.toString(),
      span: { from: start.epochMilliseconds, to: start.add({ days: 1 }).epochMilliseconds },
      window: { from: at('09:00'), to: at('09:55') },
      hours: start.hoursInDay,
    };
  });
}

/** All of a sync's schedules over one year. */
export function expandYear(schedules: readonly Schedule[], year = YEAR): Expansion {
  const all = schedules.map((schedule) => expand(schedule, `${year}-01-01`, `${year + 1}-01-01`));
  return {
    starts: all.flatMap(({ starts }) => starts).sort((a, b) => a - b),
    skipped: all.flatMap(({ skipped }) => skipped),
    doubled: all.flatMap(({ doubled }) => doubled),
  };
}

/** Milliseconds between each start and the next. */
export function gapsOf(starts: readonly number[]): number[] {
  return starts.slice(1).map((start, index) => start - (starts[index] ?? start));
}
