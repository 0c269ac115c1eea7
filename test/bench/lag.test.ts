import { lagOf, momentElse, momentInWindow, RUN_MS } from '../../bench/lag/simulation';
import { daysOfYear } from '../../bench/lag/year';

const MINUTE_MS = 60_000;
const STARTS = [10, 15, 75].map((minute) => minute * MINUTE_MS);

/** In minutes, without the run itself. */
function waitOf(publishedMinute: number, delay: number): number {
  return (lagOf(publishedMinute * MINUTE_MS, STARTS, () => delay) - RUN_MS) / MINUTE_MS;
}

describe('the time until a range is in force', () => {
  it.each([
    ['just before a run that starts on time', 10, 0, 0],
    ['just after it', 10.01, 0, 4.99],
    ['while a run is late: that one still finds it', 10.25, 0.5, 0.25],
    ['and just after it has started', 10.75, 0.5, 4.75],
    ['before the longest gap, the next run being as late as can be', 15.99, 0.98, 59.99],
  ])('published %s', (_, published, delay, waits) => {
    expect(waitOf(published, delay)).toBeCloseTo(waits, 6);
  });

  it('is not known for what no run finds', () => {
    expect(() => waitOf(76.1, 0.5)).toThrow('Published after the last run');
  });
});

describe('moments', () => {
  const [day] = daysOfYear();
  if (!day) throw new Error('A year without days');
  const drawn = (share: number) => {
    const values = [0, share][Symbol.iterator]();
    return () => values.next().value ?? 0;
  };

  it.each([0, 0.3, 0.374, 0.376, 0.999_999])('at %d of a day are in its window or outside it, never both', (share) => {
    const { span, window } = day;
    const inside = momentInWindow([day], drawn(share));
    const outside = momentElse([day], drawn(share));
    expect(inside >= window.from && inside < window.to).toBe(true);
    expect(outside >= window.from && outside < window.to).toBe(false);
    expect(outside >= span.from && outside < span.to).toBe(true);
  });
});
