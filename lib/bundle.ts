import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/**
 * The esbuild options for Lambda functions: minified, with the AWS SDK. The SDK of the runtime changes without notice; the bundled
 * version is the tested one, and it loads faster.
 *
 * @param root the folder of the repository
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
 * Bundles each TypeScript file into `<outdir>/<name>/index.js`.
 *
 * @param entries the files by name, relative to the root
 */
export function bundle(entries: Readonly<Record<string, string>>, outdir: string, root: string): void {
  const entryPoints = Object.entries(entries).map(([name, file]) => ({ in: file, out: `${name}/index` }));
  const { outputFiles } = buildSync({ ...bundleOptions(root), entryPoints, outdir, write: false });
  for (const { path, contents } of outputFiles) replaceFile(path, contents);
}

/** Replaces a file atomically, because another synthesis may be reading it. */
function replaceFile(path: string, contents: Uint8Array): void {
  // Not in the folder of the file, because everything in that folder becomes part of the asset.
  const temporary = `${dirname(path)}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}
