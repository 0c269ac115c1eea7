import type { Day, Span } from './year';

/** EventBridge Scheduler starts within the minute that a schedule names (its user guide, "60-second precision"). */
export const PRECISION_MS = 60_000;
/**
 * From the start of a run until a target lets a new range in: a cold start, feeds and targets read side by side, and AWS WAF's
 * writes at about one a second, with room for a feed that must be asked twice. How long AWS WAF then takes to act on it, "a few
 * seconds to a number of minutes", is not in our hands and left out.
 */
export const RUN_MS = 10_000;

/** Uniform from 0, which it may be, to 1, which it is not. */
export type Random = () => number;

/** A moment in the window of the daily rewrite on one of some days. */
export function momentInWindow(days: readonly Day[], random: Random): number {
  return momentIn(oneOf(days, random).window, random);
}

/** A moment outside it. */
export function momentElse(days: readonly Day[], random: Random): number {
  const { span, window } = oneOf(days, random);
  const moment = momentIn({ from: span.from, to: span.to - (window.to - window.from) }, random);
  return moment < window.from ? moment : moment + (window.to - window.from);
}

/** A day of 25 hours is drawn as often as one of 23: over a year that is nothing. */
function oneOf(days: readonly Day[], random: Random): Day {
  const day = days[Math.floor(random() * days.length)];
  if (!day) throw new Error('No day to be on');
  return day;
}

function momentIn({ from, to }: Span, random: Random): number {
  return from + random() * (to - from);
}

/**
 * How long something that is published is not in force, in milliseconds: until the first run that starts after it has ended.
 *
 * @param starts as they are scheduled, in order
 */
export function lagOf(published: number, starts: readonly number[], random: Random): number {
  for (let index = firstAfter(published - PRECISION_MS, starts); index < starts.length; index++) {
    const started = (starts[index] ?? 0) + random() * PRECISION_MS;
    if (started >= published) return started + RUN_MS - published;
  }
  throw new Error('Published after the last run');
}

/** @returns the index of the first start after a moment */
function firstAfter(moment: number, starts: readonly number[]): number {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) > moment) high = middle;
    else low = middle + 1;
  }
  return low;
}
