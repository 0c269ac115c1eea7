import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { table } from '../figures';
import { inScratchFolder } from '../fresh-process';
import type { Part, PartResult, Reach } from '../part';
import { type Expansion, type Schedule, schedulesOf } from '../schedule';
import { templateOf } from '../template';
import { lagOf, momentElse, momentInWindow, PRECISION_MS, type Random, RUN_MS } from './simulation';
import { type Day, daysOfYear, expandYear, gapsOf, YEAR } from './year';

/** What is to be reached, in minutes. */
const REACH = { window: 10, other: 65 } as const;
const SEED = 20_270_328;
const MINUTE_MS = 60_000;

/** What is published at many moments of one kind. */
interface Class {
  readonly name: string;
  /** Until it is in force, in order. */
  readonly minutes: Float64Array;
  /** What they are to be under. */
  readonly reach: number;
}

/** How long a range that Intercom publishes is not in force yet. */
export const lag: Part = {
  name: 'lag',
  title: 'How long a published range waits',
  run: ({ short, progress }) =>
    inScratchFolder(async (folder) => {
      const schedules = schedulesOf(templateOf('regional', folder), 'SyncFunction');
      const generator = xoroshiro128plus(SEED);
      const count = short ? 1000 : 200_000;
      progress(`publishing ${count} times in each of six ways`);
      return simulate(schedules, count, () => uniformFloat64(generator));
    }),
};

/** @param count how often something is published in each class */
export function simulate(schedules: readonly Schedule[], count: number, random: Random): PartResult {
  const year = expandYear(schedules);
  // What is published in the last hour of the year waits for a run of the next.
  const starts = [...year.starts, ...expandYear(schedules, YEAR + 1).starts];
  return resultOf(classesOf(daysOfYear(), starts, count, random), year);
}

/** In the window of the daily rewrite and at any other time, over the year and on each day that the clock changes. */
function classesOf(days: readonly Day[], starts: readonly number[], count: number, random: Random): Class[] {
  const measure = (among: readonly Day[], moment: typeof momentElse) =>
    Float64Array.from({ length: count }, () => lagOf(moment(among, random), starts, random) / MINUTE_MS).sort();
  const changes = days.filter(({ hours }) => hours !== 24);
  const groups = [
    { name: `all of ${YEAR}`, among: days },
    ...changes.map((day) => ({ name: `${day.date}, of ${day.hours} hours`, among: [day] })),
  ];
  return groups.flatMap(({ name, among }) => [
    { name: `${name}, 09:00 to 09:55`, reach: REACH.window, minutes: measure(among, momentInWindow) },
    { name: `${name}, any other time`, reach: REACH.other, minutes: measure(among, momentElse) },
  ]);
}

function resultOf(classes: readonly Class[], { starts, skipped, doubled }: Expansion): PartResult {
  const gaps = gapsOf(starts).map((gap) => gap / MINUTE_MS);
  const unsure = skipped.length + doubled.length;
  return {
    text: `Simulated: Intercom publishes at random moments of ${YEAR}, Dublin time, ${classes[0]?.minutes.length} of each kind. The first run that
starts thereafter finds it: by the stack's own schedules, up to ${PRECISION_MS / 1000} seconds late, EventBridge Scheduler's precision, and
at work for ${RUN_MS / 1000} seconds. What AWS WAF then takes to act on it everywhere is left out. Minutes until it is in force:

${table(
  ['published', 'p50', 'p90', 'p99', 'max'],
  classes.map(({ name, minutes }) => [name, ...[0.5, 0.9, 0.99, 1].map((share) => at(minutes, share).toFixed(1))]),
)}

${histogram(classes[0], 1)}

${histogram(classes[1], 10)}

${table(
  ['the schedules', ''],
  [
    ['runs in the year', String(starts.length)],
    ['smallest gap between two, minutes', Math.min(...gaps).toFixed(0)],
    ['largest gap between two, minutes', Math.max(...gaps).toFixed(0)],
    ["times that a schedule's clock skips or repeats", String(unsure)],
  ],
)}`,
    reaches: [
      worst(classes, REACH.window, 'published from 09:00 to 09:55'),
      worst(classes, REACH.other, 'published at any other time'),
      { text: `no run at a skipped or doubled hour: ${unsure}`, reached: unsure === 0 },
    ],
  };
}

function worst(classes: readonly Class[], minutes: number, what: string): Reach {
  const most = Math.max(...classes.filter(({ reach }) => reach === minutes).map((one) => at(one.minutes, 1)));
  return { text: `${what}, in force in under ${minutes} minutes: ${most.toFixed(1)}`, reached: most < minutes };
}

function at(sorted: Float64Array, share: number): number {
  return sorted[Math.ceil((sorted.length - 1) * share)] ?? Number.NaN;
}

/** How much of a class lies in each step of so many minutes, as a block of text. */
function histogram(of: Class | undefined, step: number): string {
  if (!of) return '';
  const steps = Array.from({ length: Math.ceil(at(of.minutes, 1) / step) }, (_, index) => {
    const within = of.minutes.filter((value) => Math.floor(value / step) === index);
    const percent = (100 * within.length) / of.minutes.length;
    const bounds = `${index * step}-${(index + 1) * step} min`;
    return `${bounds.padStart(9)} ${percent.toFixed(1).padStart(5)} % ${'█'.repeat(Math.round(percent))}`.trimEnd();
  });
  return ['```text', of.name, ...steps, '```'].join('\n');
}
