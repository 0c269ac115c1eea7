import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BUNDLES, type BundleName, bundleAll, ENTRIES } from '../bundles';
import { figureOf, table, withSpread } from '../figures';
import { inScratchFolder, type Load, loadAnew } from '../fresh-process';
import { functionEnvironment } from '../function-environment';
import type { BenchOptions, Part, PartResult, Reach } from '../part';
import { composition, kilobytesOf } from './composition';
import { unbundled } from './unbundled';

const EMPTY_HANDLER = 'exports.handler = async () => ({});\n';
const RUNS = 21;

/** The most that a bundle may take to load, in milliseconds over the empty handler. */
const REACH: Partial<Record<BundleName, number>> = { sync: 40, receiver: 25, widget: 25 };

/** What is loaded, and how long it took in each run. */
interface Loaded {
  readonly name: string;
  readonly file: string;
  readonly loads: Load[];
}

/** What the code of each function costs a cold start. */
export const coldStart: Part = {
  name: 'cold-start',
  title: 'What a cold start loads',
  run: (options) => inScratchFolder((home) => measureAll(home, options)),
};

async function measureAll(home: string, { short, progress }: BenchOptions): Promise<PartResult> {
  progress('bundling');
  const env = functionEnvironment('http://127.0.0.1:9', home);
  const bundles = bundleAll(join(home, 'cdk.out'));
  const empty: Loaded = { name: 'empty handler', file: join(home, 'empty.js'), loads: [] };
  await writeFile(empty.file, EMPTY_HANDLER);
  await symlink(join(__dirname, '..', '..', 'node_modules'), join(home, 'node_modules'));
  const ours = BUNDLES.map((name): Loaded => ({ name, file: bundles[name], loads: [] }));
  const loose = await Promise.all(
    BUNDLES.map(async (name): Promise<Loaded> => ({ name, file: await unbundled(ENTRIES[name], home), loads: [] })),
  );
  const runs = short ? 1 : RUNS;
  for (let run = 1; run <= runs; run++) {
    for (const { file, loads } of [empty, ...ours, ...loose]) loads.push(await loadAnew(file, env));
    progress(`run ${run} of ${runs}`);
  }
  return {
    text: `${runs} runs, each file in a new process. Unbundled is the same code with its packages left in \`node_modules\`.

${await sizes(empty, ours, loose)}

What the sync's bundle is made of, in KB: ${await composition(ENTRIES.sync, home)}.

V8's compile cache is not used: Lambda's only writable folder is empty at every cold start, and a cache that came with the bundle
would have to be made by the very build of Node that the runtime has that day.`,
    reaches: ours.flatMap((loaded) => reachOf(loaded, empty)),
  };
}

async function sizes(empty: Loaded, ours: readonly Loaded[], loose: readonly Loaded[]): Promise<string> {
  const rows = ours.map(async ({ name, file, loads }, index) => [
    name,
    (await kilobytesOf(file)).toFixed(0),
    withSpread(figureOf(loads.map(({ load }) => load))),
    overEmpty(loads, empty).toFixed(1),
    withSpread(figureOf(loads.map(({ start }) => start))),
    withSpread(figureOf((loose[index]?.loads ?? []).map(({ load }) => load))),
  ]);
  const bare = [
    empty.name,
    '0',
    withSpread(figureOf(empty.loads.map(({ load }) => load))),
    '0',
    withSpread(figureOf(empty.loads.map(({ start }) => start))),
    '',
  ];
  return table(
    ['', 'KB', 'load, ms', 'over the empty handler, ms', 'process start, ms', 'load unbundled, ms'],
    [bare, ...(await Promise.all(rows))],
  );
}

function overEmpty(loads: readonly Load[], empty: Loaded): number {
  const median = (these: readonly Load[]) => figureOf(these.map(({ load }) => load)).median;
  return median(loads) - median(empty.loads);
}

function reachOf({ name, loads }: Loaded, empty: Loaded): Reach[] {
  const most = REACH[name as BundleName];
  if (most === undefined) return [];
  const over = overEmpty(loads, empty);
  const with60 = name === 'sync' ? ' (60 with EC2, which it always has: 40 holds for both)' : '';
  return [
    {
      text: `${name} at most ${most} ms over the empty handler${with60}: ${over.toFixed(1)} ms`,
      reached: over <= most,
    },
  ];
}
