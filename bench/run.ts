import { Command } from 'commander';
import { NO_NODE_NOTICE } from '../bin/allowlist/node-notice';
import { sectionOf, writeSection } from './document';
import { PARTS } from './parts';

Object.assign(process.env, NO_NODE_NOTICE);
const NAMES = PARTS.map(({ name }) => name);

new Command('npm run bench --')
  .description('Measures, prints what it measured, and writes it to docs.')
  .argument('[parts...]', `any of ${NAMES.join(', ')} (default: all)`)
  .option('--short', 'only see that the bench works: measures little and writes nothing')
  .action(async (names: string[], { short = false }: { short?: boolean }) => {
    const unknown = names.filter((name) => !NAMES.includes(name));
    if (unknown.length > 0) throw new Error(`No part ${unknown.join(', ')}. Allowed: ${NAMES.join(', ')}`);
    const day = new Date().toISOString().slice(0, 10);
    for (const part of PARTS.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const progress = (text: string) => process.stderr.write(`${part.name}: ${text}\n`);
      const { text, reaches } = await part.run({ short, progress });
      const section = sectionOf(part, { text, reaches: short ? [] : reaches }, day);
      console.log(`${section}\n`);
      if (!short) await writeSection(part, section);
    }
  })
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
