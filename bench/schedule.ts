import type { Template } from 'aws-cdk-lib/assertions';
import { Cron } from 'croner';
import { Temporal } from 'temporal-polyfill';

/** When EventBridge Scheduler starts something, as a template says it. */
export interface Schedule {
  /** Such as `cron(5 9 * * ? *)`. */
  readonly expression: string;
  readonly timeZone: string;
}

/** A schedule over some days. */
export interface Expansion {
  /** What starts, in milliseconds since 1970, in order. */
  readonly starts: readonly number[];
  /** Times of the schedule's clock that a change of the clock leaves out: nothing starts. */
  readonly skipped: readonly string[];
  /** Times that come twice: it starts at the first. */
  readonly doubled: readonly string[];
}

interface ScheduleResource {
  readonly ScheduleExpression: string;
  readonly ScheduleExpressionTimezone?: string;
  readonly Target: { readonly Arn: { readonly 'Fn::GetAtt': readonly [string, string] } };
}

/**
 * The schedules in a template that start one function.
 *
 * @param functionName how its logical id begins
 */
export function schedulesOf(template: Template, functionName: string): Schedule[] {
  const all = Object.values(template.findResources('AWS::Scheduler::Schedule'));
  return all
    .map(({ Properties }) => Properties as ScheduleResource)
    .filter(({ Target }) => Target.Arn['Fn::GetAtt'][0].startsWith(functionName))
    .map(({ ScheduleExpression: expression, ScheduleExpressionTimezone: timeZone = 'UTC' }) => ({
      expression,
      timeZone,
    }));
}

/**
 * Each start of a schedule as EventBridge Scheduler has it: a time that the clock skips is skipped, one that comes twice starts
 * once. croner itself would do neither, so it is asked on a clock that never changes.
 *
 * @param from the first day, such as `2027-01-01`
 * @param to the day after the last
 */
export function expand({ expression, timeZone }: Schedule, from: string, to: string): Expansion {
  const [starts, skipped, doubled]: [number[], string[], string[]] = [[], [], []];
  for (const clock of clockTimes(expression, from, to)) {
    const first = clock.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
    const last = clock.toZonedDateTime(timeZone, { disambiguation: 'later' });
    if (first.equals(last)) starts.push(first.epochMilliseconds);
    else if (first.toPlainDateTime().equals(clock)) {
      starts.push(first.epochMilliseconds);
      doubled.push(clock.toString());
    } else skipped.push(clock.toString());
  }
  return { starts, skipped, doubled };
}

function clockTimes(expression: string, from: string, to: string): Temporal.PlainDateTime[] {
  const end = Date.parse(`${to}T00:00:00Z`);
  // `10/5`, from 10 on each fifth, is an old form to croner. Days of the week, which are numbered otherwise, are not in use.
  const options = { timezone: 'UTC', sloppyRanges: true, stopAt: new Date(end) } as const;
  const cron = new Cron(`0 ${fieldsOf(expression)}`, options);
  // Only what comes after is enumerated, and the first instant counts.
  const times = cron.nextRuns(Number.POSITIVE_INFINITY, new Date(Date.parse(`${from}T00:00:00Z`) - 1000));
  return times
    .filter((time) => time.getTime() < end)
    .map((time) => Temporal.PlainDateTime.from(time.toISOString().slice(0, -1)));
}

/** As croner takes them: `?` is to EventBridge what `*` is. */
function fieldsOf(expression: string): string {
  const fields = /^cron\((.+)\)$/.exec(expression)?.[1];
  if (fields === undefined) throw new Error(`${expression} is no schedule that is known here. Allowed: cron(...)`);
  return fields.replaceAll('?', '*');
}
