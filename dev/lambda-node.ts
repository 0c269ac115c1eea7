import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installOnce } from './install-once';

const run = promisify(execFile);
const LISTS = join(__dirname, 'node');
/** The Node.js version of the deployed functions. */
const MAJOR = '24';

/**
 * Node.js in the version of Lambda: the one of this process if its major version matches, otherwise a package of the npm registry.
 *
 * @returns its binary; undefined if no package contains one, for example on macOS. @throws LocalSetupError
 */
export async function ensureLambdaNode(): Promise<string | undefined> {
  if (process.versions.node.startsWith(`${MAJOR}.`)) return process.execPath;
  const folder = await installOnce('node', join(LISTS, 'package-lock.json'), async (aside) => {
    await mkdir(aside);
    for (const name of ['package.json', 'package-lock.json']) await copyFile(join(LISTS, name), join(aside, name));
    const shell = process.platform === 'win32';
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: aside, shell });
  });
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = join('bin', process.platform === 'win32' ? 'node.exe' : 'node');
  const node = join(folder, 'node_modules', `node-${platform}-${process.arch}`, binary);
  return existsSync(node) ? node : undefined;
}
