import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(__dirname, '..');

/** The first one that is new enough is used. */
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const REQUIREMENT =
  'Python 3.10 or later with venv and pip is needed for the AWS emulators. Install it, then run this again';

/** Thrown when a local run cannot start, with one sentence that says what is missing. */
export class LocalSetupError extends Error {
  override readonly name = 'LocalSetupError';
}

/**
 * A virtual environment under `.venv/` with the packages of a requirements file. It is created once for each content of the file.
 *
 * @param name of `dev/python/{name}.txt`
 * @returns its Python. @throws LocalSetupError
 */
export async function ensureVenv(name: 'emulator' | 'checks'): Promise<string> {
  const requirements = join(__dirname, 'python', `${name}.txt`);
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const folder = join(ROOT, '.venv', `${name}-${version}`);
  if (!existsSync(folder)) await makeVenv(folder, requirements);
  return join(folder, 'bin', 'python');
}

async function makeVenv(folder: string, requirements: string): Promise<void> {
  const python = await findPython();
  // Created under another name and then renamed, so that the final folder is always complete and parallel runs do not interfere.
  const aside = `${folder}.${process.pid}`;
  await mkdir(join(ROOT, '.venv'), { recursive: true });
  try {
    await run(python, ['-m', 'venv', aside]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await run(join(aside, 'bin', 'python'), pip);
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (existsSync(folder)) return;
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new LocalSetupError(
      `The Python packages of ${requirements} could not be installed: ${stderr.trim() || message}`,
    );
  }
}

/** @returns the name of a Python that is new enough. @throws LocalSetupError */
export async function findPython(): Promise<string> {
  for (const python of CANDIDATES) {
    const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
    const fits = await run(python, ['-c', check]).then(
      () => true,
      () => false,
    );
    if (fits) return python;
  }
  throw new LocalSetupError(REQUIREMENT);
}
