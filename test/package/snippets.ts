import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workspace';

/** The one example in a language in a page of the documentation. */
export function exampleIn(page: string, language: 'ts' | 'python'): string {
  const text = readFileSync(join(ROOT, page), 'utf8');
  const found = [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))];
  if (found.length !== 1) throw new Error(`${page} has ${found.length} examples in ${language}`);
  return found[0]?.[1] ?? '';
}
