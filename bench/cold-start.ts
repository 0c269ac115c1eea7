import { readdirSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  answerOf,
  type Benchmark,
  type BenchmarkOptions,
  FUNCTIONS_FOLDER,
  figureOf,
  functionEnvironment,
  functionFile,
  inScratchFolder,
  table,
  withSpread,
} from './support';

const RUNS = 21;

const LOAD = `
  const started = performance.now();
  require(process.argv[1]);
  process.send({ load: performance.now() - started }, () => process.exit());
`;

/** A loaded file, and the milliseconds that loading it took in each run. */
interface Loaded {
  readonly name: string;
  readonly file: string;
  readonly loads: number[];
}

/** The time that loading the code of each function adds to a cold start. */
export const coldStart: Benchmark = {
  name: 'cold-start',
  title: 'Cold start',
  run: (options) => inScratchFolder((home) => measure(home, options)),
};

async function measure(home: string, { short, progress }: BenchmarkOptions) {
  const env = functionEnvironment('http://127.0.0.1:9', home);
  const baseline: Loaded = { name: 'empty handler', file: join(home, 'empty.js'), loads: [] };
  await writeFile(baseline.file, 'exports.handler = async () => ({});\n');
  const functions = builtFunctions();
  const runs = short ? 1 : RUNS;
  for (let run = 1; run <= runs; run++) {
    for (const { file, loads } of [baseline, ...functions]) {
      loads.push((await answerOf<{ load: number }>(['-e', LOAD, file], env)).load);
    }
    progress(`run ${run} of ${runs}`);
  }
  return { text: await textOf([baseline, ...functions]), goals: [] };
}

function builtFunctions(): Loaded[] {
  functionFile('sync');
  return readdirSync(FUNCTIONS_FOLDER).map((name) => ({ name, file: functionFile(name), loads: [] }));
}

async function textOf(loaded: readonly Loaded[]): Promise<string> {
  const rows = loaded.map(async ({ name, file, loads }) => [
    name,
    ((await stat(file)).size / 1000).toFixed(0),
    withSpread(figureOf(loads)),
  ]);
  return `\`require\` of each built function in a new process, ${loaded[0]?.loads.length} times.\n\n${table(
    ['', 'KB', 'load, ms'],
    await Promise.all(rows),
  )}`;
}
