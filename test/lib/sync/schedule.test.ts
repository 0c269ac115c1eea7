import { Temporal } from 'temporal-polyfill';
import { resourcesOf, synthesize } from '../template';

const MINUTE_MS = 60_000;
const DUBLIN = 'Europe/Dublin';
/** A year in which Dublin's clock changes twice. */
const YEAR = daysFrom('2027-01-01', 365);

interface Schedule {
  readonly expression: string;
  readonly timeZone: string;
}

function daysFrom(first: string, count: number): Temporal.PlainDate[] {
  return Array.from({ length: count }, (_, index) => Temporal.PlainDate.from(first).add({ days: index }));
}

/** `*`, `5`, `0,23`, or `10/5`: from 10 on each fifth. */
function valuesOf(field: string, size: number): number[] {
  if (field === '*') return [...Array(size).keys()];
  const [from = 0, step] = field.split('/').map(Number);
  if (step === undefined) return field.split(',').map(Number);
  return [...Array(size).keys()].filter((value) => value >= from && (value - from) % step === 0);
}

/**
 * Each start on some days as EventBridge Scheduler has it: a time that the clock skips is skipped, one that comes twice starts once,
 * the first time. What was skipped or came twice is in the result too.
 */
function expand({ expression, timeZone }: Schedule, days: readonly Temporal.PlainDate[]) {
  const [, minutes, hours] = /^cron\((\S+) (\S+) \* \* \? \*\)$/.exec(expression) ?? [];
  if (minutes === undefined || hours === undefined)
    throw new Error(`This test does not know the schedule ${expression}`);
  const [starts, skipped, doubled]: [number[], string[], string[]] = [[], [], []];
  const times = valuesOf(hours, 24).flatMap((hour) => valuesOf(minutes, 60).map((minute) => ({ hour, minute })));
  for (const clock of days.flatMap((day) => times.map((time) => day.toPlainDateTime(time)))) {
    const first = clock.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
    const last = clock.toZonedDateTime(timeZone, { disambiguation: 'later' });
    if (!first.toPlainDateTime().equals(clock)) skipped.push(clock.toString());
    else starts.push(first.epochMilliseconds);
    if (!first.equals(last) && first.toPlainDateTime().equals(clock)) doubled.push(clock.toString());
  }
  return { starts, skipped, doubled };
}

describe('this test expands a schedule as EventBridge Scheduler does', () => {
  const night = { expression: 'cron(5 0,1,2,3 * * ? *)', timeZone: DUBLIN };
  const timesOf = (schedule: Schedule, day: string) =>
    expand(schedule, daysFrom(day, 1)).starts.map((start) => new Date(start).toISOString().slice(11, 16));

  it('a time that the clock skips does not run', () => {
    expect(timesOf(night, '2027-03-28')).toEqual(['00:05', '01:05', '02:05']);
    expect(expand(night, daysFrom('2027-03-28', 1)).skipped).toEqual(['2027-03-28T01:05:00']);
  });

  it('a time that occurs twice runs once, the first time', () => {
    expect(timesOf(night, '2027-10-31')).toEqual(['23:05', '00:05', '02:05', '03:05']);
    expect(expand(night, daysFrom('2027-10-31', 1)).doubled).toEqual(['2027-10-31T01:05:00']);
  });

  it('a step counts from its first number', () => {
    expect(timesOf({ expression: 'cron(50/5 9 * * ? *)', timeZone: DUBLIN }, '2027-06-01')).toEqual(['08:50', '08:55']);
    expect(timesOf({ expression: 'cron(0/59 0,23 * * ? *)', timeZone: 'UTC' }, '2027-06-01')).toEqual([
      '00:00',
      '00:59',
      '23:00',
      '23:59',
    ]);
  });
});

describe("the schedules of the sync, over a year in which Dublin's clock changes twice", () => {
  const schedules = Object.values(resourcesOf(synthesize(), 'AWS::Scheduler::Schedule'))
    .filter(({ Properties }) => Properties.Target.Arn.startsWith('<SyncFunction'))
    .map(({ Properties }) => ({
      expression: Properties.ScheduleExpression,
      timeZone: Properties.ScheduleExpressionTimezone,
    }));
  const expansions = schedules.map((schedule) => expand(schedule, YEAR));
  const starts = expansions.flatMap((expansion) => expansion.starts).sort((a, b) => a - b);
  const windows = YEAR.map((date) => {
    const at = (plainTime: string) => date.toZonedDateTime({ timeZone: DUBLIN, plainTime }).epochMilliseconds;
    return { date: date.toString(), from: at('09:00'), to: at('09:55') };
  });

  it('no schedule is set to a time that its clock skips or repeats', () => {
    expect(schedules).toHaveLength(2);
    const hours = YEAR.map((date) => date.toZonedDateTime(DUBLIN).hoursInDay);
    expect(hours.filter((count) => count !== 24)).toEqual([23, 25]);
    expect(expansions.flatMap(({ skipped, doubled }) => [...skipped, ...doubled])).toEqual([]);
  });

  it('no two runs start in the same minute', () => {
    expect(new Set(starts).size).toBe(starts.length);
    expect(starts).toHaveLength(365 * 34);
  });

  it('the sync runs at 09:05 in Dublin and every five minutes until 09:55, every day', () => {
    for (const { date, from, to } of windows) {
      const expected = Array.from({ length: 11 }, (_, index) => from + (index + 1) * 5 * MINUTE_MS);
      const found = starts.filter((start) => start >= from && start <= to);
      expect({ date, found }).toEqual({ date, found: expected });
    }
  });

  it('two runs are never more than an hour apart', () => {
    const inWindow = (start: number) => windows.some(({ from, to }) => start >= from && start < to);
    const missedUpdates = starts
      .slice(1)
      .map((start, index) => ({ after: starts[index] ?? 0, missedUpdates: start - (starts[index] ?? 0) }));
    const others = missedUpdates
      .filter(({ after }) => !inWindow(after))
      .map(({ missedUpdates }) => missedUpdates / MINUTE_MS);
    expect([...new Set(others)].sort()).toEqual([10, 60]);
    const [first = 0, last = 0] = [starts[0], starts.at(-1)];
    expect(first + YEAR.length * 24 * 60 * MINUTE_MS - last).toBe(60 * MINUTE_MS);
  });
});
