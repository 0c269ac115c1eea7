import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * The project's own code in one file, its packages left where they are.
 *
 * @param folder holds a `node_modules`
 * @returns the file, which `require` loads
 */
export async function unbundled(entry: string, folder: string): Promise<string> {
  const outfile = join(folder, `${entry.replaceAll(/[^\w]/g, '-')}.cjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
  });
  return outfile;
}
