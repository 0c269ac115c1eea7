import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/**
 * How code is bundled for Lambda: minified, with the AWS SDK. The runtime's own SDK changes without notice; the bundled version is
 * the tested one, and loads faster.
 *
 * @param root the checkout
 */
export function bundleOptions(root: string) {
  return {
    absWorkingDir: root,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    mainFields: ['module', 'main'],
    alias: { '@aws-sdk/credential-provider-node': join(root, 'lambda', 'shared', 'env-credentials.ts') },
    logLevel: 'warning',
  } as const satisfies BuildOptions;
}

/**
 * Bundles TypeScript files, each to `<outdir>/<name>/index.js`.
 *
 * @param entries the files by name, relative to the checkout
 */
export function bundle(entries: Readonly<Record<string, string>>, outdir: string, root: string): void {
  const entryPoints = Object.entries(entries).map(([name, file]) => ({ in: file, out: `${name}/index` }));
  const { outputFiles } = buildSync({ ...bundleOptions(root), entryPoints, outdir, write: false });
  for (const { path, contents } of outputFiles) replaceFile(path, contents);
}

/** Replaces a file at once: another process that reads it, as another synthesis does, gets the old or the new one. */
function replaceFile(path: string, contents: Uint8Array): void {
  // Not in the file's own folder: everything in that becomes part of the asset.
  const temporary = `${dirname(path)}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
