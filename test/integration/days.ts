import { dayFromToday } from '../../dev/feeds';

const START = Date.now();

/** As of when the tests began: they may run past the end of the day in UTC. */
export const TODAY = dayFromToday(0, START);
export const YESTERDAY = dayFromToday(-1, START);

/** A pattern for the day on which something happened since the tests began. */
export function anyDayOfTests(): string {
  return `(?:${[...new Set([TODAY, dayFromToday(0)])].join('|')})`;
}
