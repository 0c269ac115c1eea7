import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The folder of everything that the local commands and the tests install. */
const FOLDER = join(__dirname, '..', '.venv');

/** Thrown when a local run cannot start, with one sentence that says what is missing. */
export class LocalSetupError extends Error {
  override readonly name = 'LocalSetupError';
}

/**
 * A folder under `.venv/` with the packages of a requirements file. It is created once for each content of the file.
 *
 * @param install fills the given folder
 * @returns the folder. @throws LocalSetupError
 */
export async function installOnce(
  name: string,
  list: string,
  install: (folder: string) => Promise<unknown>,
): Promise<string> {
  const version = createHash('sha256')
    .update(await readFile(list))
    .digest('hex')
    .slice(0, 12);
  const folder = join(FOLDER, `${name}-${version}`);
  if (!existsSync(folder)) await makeWhole(folder, list, install);
  return folder;
}

async function makeWhole(folder: string, list: string, install: (folder: string) => Promise<unknown>): Promise<void> {
  // Created under another name and then renamed, so that the final folder is always complete and parallel runs do not interfere.
  const aside = `${folder}.${process.pid}`;
  await mkdir(FOLDER, { recursive: true });
  try {
    await install(aside);
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (existsSync(folder)) return;
    if (error instanceof LocalSetupError) throw error;
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new LocalSetupError(`The packages of ${list} could not be installed: ${stderr.trim() || message}`);
  }
}
