import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { formatRange, parseRange } from '../../lambda/sync/ranges/range';
import { findPython } from '../../local/python';
import { answerOf, inScratchFolder } from '../fresh-process';
import type { BenchOptions, Part } from '../part';
import type { Measured, Output } from './contender';
import { inputOf } from './input';
import { type Checked, NAMES, type Name, type Row, resultOf, rowOf } from './report';

const runFile = promisify(execFile);

const SIZES = [12, 1000, 10_000, 100_000, 1_000_000] as const;
/** Each with the largest set that it gets through in 20 seconds. */
const LARGEST: Readonly<Record<Name, number>> = {
  ours: 1e6,
  'ours, refusing': 1e6,
  'cidr-tools': 1e6,
  'fast-cidr-tools': 1e4,
  ipaddress: 1e5,
  nobody: 1e6,
};

/** Lists of texts in, merged and subtracted, texts out: beside cidr-tools, fast-cidr-tools and Python's ipaddress. */
export const rangeSets: Part = {
  name: 'range-sets',
  title: 'Range sets, beside others',
  run: (options) =>
    inScratchFolder(async (home) => {
      const bench = await prepare(home);
      const sizes = SIZES.filter((size) => !options.short || size <= 1000);
      const rows: Row[] = [];
      for (const size of sizes) rows.push(await measureSize(size, bench, options));
      return resultOf(rows);
    }),
};

interface Bench {
  readonly home: string;
  /** Of the process that measures, bundled as a function is: what is loaded piece by piece is slower. */
  readonly bundle: string;
  readonly python: string;
}

async function prepare(home: string): Promise<Bench> {
  const bundle = join(home, 'measure.js');
  const entryPoints = [join(__dirname, 'measure.ts')];
  await build({ entryPoints, outfile: bundle, bundle: true, minify: true, platform: 'node', logLevel: 'error' });
  return { home, bundle, python: await findPython() };
}

async function measureSize(size: number, bench: Bench, { short, progress }: BenchOptions): Promise<Row> {
  const file = join(bench.home, `${size}.json`);
  await writeFile(file, JSON.stringify(inputOf(size)));
  const names = NAMES.filter((name) => size <= LARGEST[name]);
  progress(`${size} ranges: comparing the results`);
  const checked = await check(names, file, bench);
  const timed = names.filter((name) => name !== 'nobody');
  const runs = new Map(timed.map((name): [Name, Measured[]] => [name, []]));
  const rounds = short ? 1 : size > 10_000 ? 3 : 5;
  const milliseconds = short ? 10 : 200;
  for (let round = 1; round <= rounds; round++) {
    for (const name of timed) runs.get(name)?.push(await measure(name, { file, milliseconds }, bench));
    progress(`${size} ranges: round ${round} of ${rounds}`);
  }
  return rowOf(size, checked, runs);
}

/**
 * One run of each in a process of its own, for its results and for the memory that it takes.
 *
 * @throws Error if the results of any but fast-cidr-tools, whose faults are known, are not as ours
 */
async function check(names: readonly Name[], file: string, bench: Bench): Promise<Map<Name, Checked>> {
  const outputFile = join(bench.home, 'output.json');
  const checked = new Map<Name, Checked>();
  let ours: ReadonlySet<string> | undefined;
  for (const name of names) {
    const { memory } = await measure(name, { file, milliseconds: 0, outputFile }, bench);
    const results = resultsOf(JSON.parse(await readFile(outputFile, 'utf8')) as Output);
    ours ??= results;
    const differences = name === 'nobody' ? 0 : countDifferences(results, ours);
    if (differences > 0 && name !== 'fast-cidr-tools')
      throw new Error(`${name}: ${differences} results are not as ours`);
    checked.set(name, { memory, differences });
  }
  return checked;
}

/** Both results, in canonical texts. */
function resultsOf({ merged, left }: Output): Set<string> {
  const text = (range: string) => formatRange(parseRange(range));
  return new Set([...merged.map((range) => `merged ${text(range)}`), ...left.map((range) => `left ${text(range)}`)]);
}

function countDifferences(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let both = 0;
  for (const text of one) if (other.has(text)) both++;
  return one.size - both + (other.size - both);
}

async function measure(
  name: Name,
  { file, milliseconds, outputFile }: { file: string; milliseconds: number; outputFile?: string },
  { bundle, python }: Bench,
): Promise<Measured> {
  const args = [file, String(milliseconds), ...(outputFile === undefined ? [] : [outputFile])];
  if (name !== 'ipaddress') return answerOf<Measured>([bundle, name, ...args], process.env);
  const { stdout } = await runFile(python, [join(__dirname, 'measure.py'), ...args]);
  return JSON.parse(stdout) as Measured;
}
