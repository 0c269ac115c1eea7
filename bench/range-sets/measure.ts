/**
 * Runs one contender over and over in this process and sends what it took. Arguments: its name, the file of its input, for how many
 * milliseconds to warm up and to measure, and optionally a file for its output; with that, it runs but once.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { figureOf } from '../figures';
import type { Measured, Output } from './contender';
import { CONTENDERS } from './contenders';
import type { Input } from './input';

const [name = '', inputFile = '', milliseconds = '0', outputFile] = process.argv.slice(2);
const contender = CONTENDERS[name];
if (!contender) throw new Error(`No contender ${name}`);
const input = JSON.parse(readFileSync(inputFile, 'utf8')) as Input;
const runs: Readonly<Record<string, number>>[] = [];
let output: Output | undefined;

if (outputFile === undefined) repeat(runOnce);
const before = spent();
repeat(() => runs.push(runOnce()));
const cpu = (spent() - before) / runs.length;
const steps = Object.keys(runs[0] ?? {});
const medians = steps.map((step) => [step, figureOf(runs.map((run) => run[step] ?? Number.NaN)).median]);
const times = { ...Object.fromEntries(medians), cpu };
const memory = process.resourceUsage().maxRSS / 1024;
if (outputFile !== undefined) writeFileSync(outputFile, JSON.stringify(output));
process.send?.({ times, memory } satisfies Measured, () => process.exit());

/** By the time that the processor spent on it, as a busy machine would leave too few runs to warm up. */
function repeat(work: () => unknown): void {
  const end = spent() + Number(milliseconds);
  do work();
  while (spent() < end);
}

/** CPU time of this process, all threads. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function runOnce(): Record<string, number> {
  const laps: Record<string, number> = {};
  const started = performance.now();
  let last = started;
  const lap = (step: string) => {
    const now = performance.now();
    laps[step] = now - last;
    last = now;
  };
  output = contender?.run(input, lap);
  // Written out, as a text that was only put together from pieces is not there yet.
  const text = `${output?.merged.join('\n')}\n${output?.left.join('\n')}`;
  lap('format');
  if (text === '') throw new Error('Nothing came out');
  return { ...laps, all: performance.now() - started };
}
