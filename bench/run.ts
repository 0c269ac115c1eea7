import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { NO_NODE_NOTICE } from '../bin/allowlist/node-notice';
import { coldStart } from './cold-start';
import { manyTargets } from './many-targets';
import { receiver } from './receiver';
import type { Benchmark } from './support';
import { syncBenchmark } from './sync';

const DOCUMENT = join(__dirname, '..', 'docs', 'benchmarks.md');
/** In the order in which they run and appear in the document. */
const BENCHMARKS: readonly Benchmark[] = [syncBenchmark, manyTargets, coldStart, receiver];
const NAMES = BENCHMARKS.map(({ name }) => name);

Object.assign(process.env, NO_NODE_NOTICE);

new Command('npm run bench --')
  .description('Measures the functions as built, prints the result, and writes it to docs/benchmarks.md.')
  .argument('[benchmarks...]', `any of ${NAMES.join(', ')} (default: all)`)
  .option('--short', 'only check that the benchmarks work: measure little and write nothing')
  .action(async (names: string[], { short = false }: { short?: boolean }) => {
    const unknown = names.filter((name) => !NAMES.includes(name));
    if (unknown.length > 0) throw new Error(`No benchmark ${unknown.join(', ')}. Allowed: ${NAMES.join(', ')}`);
    for (const benchmark of BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const section = await sectionOf(benchmark, short);
      console.log(`${section}\n`);
      if (!short) await writeSection(benchmark.name, section);
    }
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });

async function sectionOf({ name, title, run }: Benchmark, short: boolean): Promise<string> {
  const progress = (text: string) => process.stderr.write(`${name}: ${text}\n`);
  const { text, goals } = await run({ short, progress });
  const machine = `${cpus()[0]?.model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
  const day = new Date().toISOString().slice(0, 10);
  // The figures of a short run are meaningless for the goals.
  const reached = short ? [] : goals.map((goal) => `- ${goal.reached ? 'reached' : '**missed**'}: ${goal.text}`);
  return [`## ${title}`, `_${day}. ${machine}._`, text.trim(), ...(short ? [] : [reached.join('\n')])].join('\n\n');
}

/** Replaces the section between the benchmark's two marks. */
async function writeSection(name: string, section: string): Promise<void> {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const document = await readFile(DOCUMENT, 'utf8');
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`${DOCUMENT} has no section for ${name}. Add the lines ${start} and ${end}`);
  await writeFile(DOCUMENT, `${document.slice(0, from + start.length)}\n\n${section}\n\n${document.slice(to)}`);
}
