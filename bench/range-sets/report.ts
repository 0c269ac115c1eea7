import { type Figure, figureOf, table, withSpread } from '../figures';
import type { PartResult, Reach } from '../part';
import type { Measured } from './contender';

/** In the order of the tables. */
export const NAMES = ['ours', 'ours, refusing', 'cidr-tools', 'fast-cidr-tools', 'ipaddress', 'nobody'] as const;
export type Name = (typeof NAMES)[number];

const RIVALS = ['cidr-tools', 'fast-cidr-tools', 'ipaddress'] as const;
const SHOWN = ['ours', 'ours, refusing', ...RIVALS] as const;
const STEPS = ['parse', 'refuse', 'merge', 'difference', 'format'] as const;
/** On the clock, or of the processor. */
type Time = 'all' | 'cpu';
/** From here on ours is to be faster than all others. */
const LEAST = 1000;

/** What one run showed. */
export interface Checked {
  readonly memory: number;
  /** How many ranges of the results are not in ours, or only there. */
  readonly differences: number;
}

/** Everything of one size; of each contender that gets so far. */
export interface Row {
  readonly size: number;
  readonly times: ReadonlyMap<Name, Readonly<Record<string, Figure>>>;
  readonly checked: ReadonlyMap<Name, Checked>;
}

export function rowOf(
  size: number,
  checked: ReadonlyMap<Name, Checked>,
  runs: ReadonlyMap<Name, readonly Measured[]>,
): Row {
  return { size, checked, times: new Map([...runs].map(([name, measured]) => [name, figuresOf(measured)])) };
}

export function resultOf(rows: readonly Row[]): PartResult {
  return {
    text: `Two lists of texts go in, three quarters IPv4 and a quarter IPv6: ranges, with duplicates, siblings, nested ones and host bits, and
a tenth as many to take from them. Two texts come out, a range a line: the ranges merged, and what is left of them. Everyone gets the
same lists; the results are compared before anything is timed. Each figure is the median of 3 to 5 processes, in turns, each with the
median of its runs after a warm-up.

Milliseconds, end to end:

${timesTable(rows, 'all')}

CPU milliseconds of all threads, garbage collection with it, which other work on the machine disturbs less:

${timesTable(rows, 'cpu')}

Where a contender takes over 20 seconds it is left out; the difference of fast-cidr-tools takes a hundred times as long for ten times as
many. ${wordDifferences(rows)}
Only ours refuses what is not routable, so the second column has no rival. No list holds IPv4-mapped addresses, which only ours turns
into IPv4.

Milliseconds by step, ours:

${stepsTable(rows)}

Growth: how many times the CPU time ten times as many take, beside what n log n would be. What exceeds it is
memory, not work: the more there is to keep, the more of it the garbage collector copies, and the less of it fits into the caches
([decision 50](decisions/0050-ranges-without-bigints.md)).

${growthTable(rows)}

Peak memory of a process that does it once, in MiB; the last column only reads the lists:

${memoryTable(rows)}`,
    reaches: [...rows.filter(({ size }) => size >= LEAST).map(reachOf), ...growthReaches(rows)],
  };
}

function figuresOf(measured: readonly Measured[]): Record<string, Figure> {
  const steps = Object.keys(measured[0]?.times ?? {});
  return Object.fromEntries(
    steps.map((step) => [step, figureOf(measured.map(({ times }) => times[step] ?? Number.NaN))]),
  );
}

function timesTable(rows: readonly Row[], time: Time): string {
  return table(
    ['ranges', ...SHOWN, 'ours / best other'],
    rows.map((row) => [
      word(row.size),
      ...SHOWN.map((name) => wordTime(row.times.get(name)?.[time])),
      (median(row, 'ours', time) / best(row, time)).toFixed(2),
    ]),
  );
}

function stepsTable(rows: readonly Row[]): string {
  return table(
    ['ranges', ...STEPS],
    rows.map(({ size, times }) => [word(size), ...STEPS.map((step) => wordTime(times.get('ours, refusing')?.[step]))]),
  );
}

function growthTable(rows: readonly Row[]): string {
  return table(
    ['from', 'to', 'n log n', ...SHOWN],
    tenfold(rows).map(([from, to]) => [
      word(from.size),
      word(to.size),
      growthOf(from.size, to.size).toFixed(1),
      ...SHOWN.map((name) =>
        to.times.has(name) ? (median(to, name, 'cpu') / median(from, name, 'cpu')).toFixed(1) : '',
      ),
    ]),
  );
}

function memoryTable(rows: readonly Row[]): string {
  return table(
    ['ranges', ...SHOWN, 'reading alone'],
    rows.map(({ size, checked }) => [
      word(size),
      ...[...SHOWN, 'nobody' as const].map((name) => checked.get(name)?.memory.toFixed(0) ?? ''),
    ]),
  );
}

function wordDifferences(rows: readonly Row[]): string {
  const found = rows.flatMap(({ size, checked }) =>
    RIVALS.flatMap((name) => {
      const count = checked.get(name)?.differences ?? 0;
      return count > 0 ? [`${name}'s differ in ${count} of ${word(size)}`] : [];
    }),
  );
  return found.length > 0 ? `All results are equal, but ${found.join(', ')}.` : 'All results are equal.';
}

function reachOf(row: Row): Reach {
  const [ours, rival] = [median(row, 'ours', 'all'), best(row, 'all')];
  return {
    text: `faster than all others with ${word(row.size)} ranges: ${ours.toFixed(2)} ms, the best of them ${rival.toFixed(2)} ms`,
    reached: ours < rival,
  };
}

function growthReaches(rows: readonly Row[]): Reach[] {
  return tenfold(rows).map(([from, to]) => {
    const [grown, allowed] = [median(to, 'ours', 'cpu') / median(from, 'ours', 'cpu'), growthOf(from.size, to.size)];
    return {
      text: `from ${word(from.size)} to ${word(to.size)} ranges no worse than n log n, ${allowed.toFixed(1)} times: ${grown.toFixed(1)} times`,
      reached: grown <= allowed,
    };
  });
}

/** Each size from the least on with the one that is ten times as large. */
function tenfold(rows: readonly Row[]): [Row, Row][] {
  return rows.flatMap((from) => rows.filter((to) => to.size === from.size * 10).map((to): [Row, Row] => [from, to]));
}

function growthOf(from: number, to: number): number {
  return (to * Math.log(to)) / (from * Math.log(from));
}

function best(row: Row, time: Time): number {
  return Math.min(...RIVALS.filter((name) => row.times.has(name)).map((name) => median(row, name, time)));
}

function median({ times }: Row, name: Name, time: Time): number {
  return times.get(name)?.[time]?.median ?? Number.NaN;
}

function word(size: number): string {
  return size.toLocaleString('en-US');
}

function wordTime(figure: Figure | undefined): string {
  if (figure === undefined) return '';
  return withSpread(figure, figure.median < 10 ? 2 : figure.median < 100 ? 1 : 0);
}
