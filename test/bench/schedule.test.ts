import { daysOfYear, expandYear, gapsOf } from '../../bench/lag/year';
import { expand, type Schedule, schedulesOf } from '../../bench/schedule';
import { synthesize } from '../lib/template';

const MINUTE_MS = 60_000;
const DUBLIN = 'Europe/Dublin';

function timesOf(schedule: Schedule, day: string, dayAfter: string): string[] {
  return expand(schedule, day, dayAfter).starts.map((start) => new Date(start).toISOString().slice(11, 16));
}

describe('a schedule is expanded as EventBridge Scheduler runs it', () => {
  const hourly = { expression: 'cron(5 * * * ? *)', timeZone: DUBLIN };

  it('a time that the clock skips is not run', () => {
    expect(timesOf({ expression: 'cron(5 0-3 * * ? *)', timeZone: DUBLIN }, '2027-03-28', '2027-03-29')).toEqual([
      '00:05',
      '01:05',
      '02:05',
    ]);
    expect(expand(hourly, '2027-03-28', '2027-03-29').skipped).toEqual(['2027-03-28T01:05:00']);
  });

  it('a time that comes twice is run once, the first time', () => {
    expect(timesOf({ expression: 'cron(5 0-3 * * ? *)', timeZone: DUBLIN }, '2027-10-31', '2027-11-01')).toEqual([
      '23:05',
      '00:05',
      '02:05',
      '03:05',
    ]);
    expect(expand(hourly, '2027-10-31', '2027-11-01').doubled).toEqual(['2027-10-31T01:05:00']);
  });

  it('a step counts from its first number, and the first and last minute of a day belong to it', () => {
    const day = ['2027-06-01', '2027-06-02'] as const;
    expect(timesOf({ expression: 'cron(50/5 9 * * ? *)', timeZone: DUBLIN }, ...day)).toEqual(['08:50', '08:55']);
    expect(timesOf({ expression: 'cron(0/59 0,23 * * ? *)', timeZone: 'UTC' }, ...day)).toEqual([
      '00:00',
      '00:59',
      '23:00',
      '23:59',
    ]);
  });

  it('what is no cron expression is refused', () => {
    expect(() => expand({ expression: 'rate(1 hour)', timeZone: 'UTC' }, '2027-01-01', '2027-01-02')).toThrow(
      'rate(1 hour) is no schedule that is known here. Allowed: cron(...)',
    );
  });
});

describe("the sync's own schedules, each minute of a year in which Dublin's clock changes twice", () => {
  const schedules = schedulesOf(synthesize(), 'SyncFunction');
  const { starts, skipped, doubled } = expandYear(schedules);
  const days = daysOfYear();
  const inWindow = (start: number) => days.some(({ window }) => start >= window.from && start < window.to);

  it('none is for a time that its clock skips or repeats', () => {
    expect(schedules).toHaveLength(2);
    expect(days.map(({ hours }) => hours).filter((hours) => hours !== 24)).toEqual([23, 25]);
    expect({ skipped, doubled }).toEqual({ skipped: [], doubled: [] });
  });

  it('no two are for the same minute', () => {
    expect(new Set(starts).size).toBe(starts.length);
    expect(starts).toHaveLength(365 * 34);
  });

  it('each day at 09:05 in Dublin and every five minutes until 09:55', () => {
    for (const { date, window } of days) {
      const expected = Array.from({ length: 11 }, (_, index) => window.from + (index + 1) * 5 * MINUTE_MS);
      const found = starts.filter((start) => start >= window.from && start <= window.to);
      expect({ date, found }).toEqual({ date, found: expected });
    }
  });

  it('and never over an hour apart at any other time', () => {
    const gaps = gapsOf(starts).map((gap, index) => ({ gap: gap / MINUTE_MS, after: starts[index] ?? 0 }));
    const others = gaps.filter(({ after }) => !inWindow(after)).map(({ gap }) => gap);
    expect([...new Set(others)].sort()).toEqual([10, 60]);
    const [first = 0, last = 0] = [starts[0], starts.at(-1)];
    expect(first + days.length * 24 * 60 * MINUTE_MS - last).toBe(60 * MINUTE_MS);
  });
});
