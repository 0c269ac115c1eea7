import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundleOptions } from '../lib/bundle';
import { FUNCTIONS, type FunctionName, ROOT } from '../lib/functions';

export type BundleName = FunctionName;
export const BUNDLES = Object.keys(FUNCTIONS) as BundleName[];

/** What the functions are bundled from. */
export const ENTRIES = Object.fromEntries(
  Object.entries(FUNCTIONS).map(([name, file]) => [name, join(ROOT, file)]),
) as Readonly<Record<BundleName, string>>;

/** Bundles a file in the way of the functions. @param contents gets esbuild's account of what is in it */
export function bundle(entryFile: string, file: string, contents?: string): void {
  const { metafile } = buildSync({
    ...bundleOptions(ROOT),
    entryPoints: [entryFile],
    outfile: file,
    metafile: true,
  });
  if (contents) writeFileSync(contents, JSON.stringify(metafile));
}

/** Bundles every function as the build does. @returns the file that each function loads */
export function bundleAll(outdir: string): Readonly<Record<BundleName, string>> {
  const fileOf = (name: BundleName) => join(outdir, name, 'index.js');
  for (const name of BUNDLES) bundle(ENTRIES[name], fileOf(name));
  return Object.fromEntries(BUNDLES.map((name) => [name, fileOf(name)])) as Record<BundleName, string>;
}
