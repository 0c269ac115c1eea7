import { readFile, writeFile } from 'node:fs/promises';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { Part, PartResult } from './part';

const FOLDER = join(__dirname, '..', 'docs');
const FILE = join(FOLDER, 'benchmarks.md');

/** A part's section, or its own document, as it stands there and on the screen. */
export function sectionOf({ title, document }: Part, { text, reaches = [] }: PartResult, day: string): string {
  if (document) return `# ${title}\n\n${text.trim()}`;
  const goals = reaches.map((reach) => `- ${reach.reached ? 'reached' : '**missed**'}: ${reach.text}`);
  return [`## ${title}`, `_${day}. ${machine()}_`, text.trim(), goals.join('\n')].filter((part) => part).join('\n\n');
}

/** Puts a part's section into docs/benchmarks.md in the place of its last one, or writes its own document. */
export async function writeSection({ name, document: own }: Part, section: string): Promise<void> {
  if (own) return writeFile(join(FOLDER, own), `${section}\n`);
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const document = await readFile(FILE, 'utf8');
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${FILE} has no place for ${name}: it needs ${start} and ${end}`);
  const before = document.slice(0, from + start.length);
  await writeFile(FILE, `${before}\n\n${section}\n\n${document.slice(to)}`);
}

function machine(): string {
  const [cpu] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpu?.model.trim()}, ${cpus().length} cores, ${memory} GiB, ${type()} ${release()}, Node ${process.version}.`;
}
