import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../bundles';

interface Contents {
  readonly outputs: Record<string, { readonly inputs: Record<string, { readonly bytesInOutput: number }> }>;
}

const LARGEST = 8;

/** The size of a file in KB. */
export async function kilobytesOf(file: string): Promise<number> {
  return (await stat(file)).size / 1000;
}

/** The packages that a bundle is made of, the largest first, in KB: `119 @smithy/core, 48 our own, ...`. */
export async function composition(entry: string, folder: string): Promise<string> {
  const account = join(folder, 'contents.json');
  bundle(entry, join(folder, 'composed.js'), account);
  const { outputs }: Contents = JSON.parse(await readFile(account, 'utf8'));
  const sizes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const [, name = 'our own'] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
      sizes.set(name, (sizes.get(name) ?? 0) + bytesInOutput);
    }
  }
  const sorted = [...sizes].sort(([, a], [, b]) => b - a);
  const rest = sorted.slice(LARGEST).reduce((sum, [, size]) => sum + size, 0);
  const parts = [...sorted.slice(0, LARGEST), ['all others', rest] as const];
  return parts.map(([name, size]) => `${(size / 1000).toFixed(0)} ${name}`).join(', ');
}
