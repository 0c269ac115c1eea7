import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';
import type { FunctionName } from '../lib/functions';

export const ROOT = join(__dirname, '..');

/** The entry point of each Lambda function, by the name of its folder in `dist/functions`. */
export const FUNCTIONS: Readonly<Record<FunctionName, string>> = {
  sync: 'lambda/sync/handler.ts',
  receiver: 'lambda/receiver/handler.ts',
  redrive: 'lambda/redrive/handler.ts',
  'ip-set': 'lambda/custom-resources/ip-set-handler.ts',
  'prefix-list': 'lambda/custom-resources/prefix-list-handler.ts',
  network: 'lambda/custom-resources/network-handler.ts',
  'web-acl-association': 'lambda/custom-resources/web-acl-association-handler.ts',
  widget: 'lambda/widget/handler.ts',
  'widget-action': 'lambda/widget/action/handler.ts',
};

const COMMON = {
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  mainFields: ['module', 'main'],
  logLevel: 'warning',
  write: false,
} as const satisfies BuildOptions;

/**
 * Bundles the Lambda functions, each into `<outdir>/<name>/index.js`, with the AWS SDK. The SDK of the runtime changes without
 * notice; the bundled version is the tested one, and it loads faster.
 *
 * @param root the folder of the repository
 */
export function bundleFunctions(outdir: string, root: string = ROOT): void {
  const { outputFiles } = buildSync({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: Object.entries(FUNCTIONS).map(([name, file]) => ({ in: file, out: `${name}/index` })),
    outdir,
    target: 'node24',
    alias: { '@aws-sdk/credential-provider-node': join(root, 'lambda', 'shared', 'env-credentials.ts') },
  });
  for (const { path, contents } of outputFiles) replaceFile(path, contents);
}

/** Bundles the command line into one executable file, so that a package with it needs no dependencies. */
export function bundleCommandLine(outfile: string): void {
  const { outputFiles } = buildSync({
    ...COMMON,
    absWorkingDir: ROOT,
    entryPoints: ['bin/allowlist.ts'],
    outfile,
    target: 'node20',
    banner: { js: '#!/usr/bin/env node' },
  });
  for (const { path, contents } of outputFiles) replaceFile(path, contents, 0o755);
}

/** Replaces a file atomically, because another synthesis may be reading it. */
function replaceFile(path: string, contents: Uint8Array, mode = 0o644): void {
  // Not in the folder of the file, because everything in that folder becomes part of the asset.
  const temporary = `${dirname(path)}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, contents);
  chmodSync(temporary, mode);
  renameSync(temporary, path);
}
