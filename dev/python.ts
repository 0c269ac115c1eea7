import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installOnce, LocalSetupError } from './install-once';

const run = promisify(execFile);

/** The first one that is new enough is used. */
const CANDIDATES = ['python3', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const REQUIREMENT =
  'Python 3.10 or later with venv and pip is needed for the AWS emulators. Install it, then run this again';

/**
 * A virtual environment under `.venv/` with the packages of a requirements file. It is created once for each content of the file.
 *
 * @param name of `dev/python/{name}.txt`
 * @returns its Python. @throws LocalSetupError
 */
export async function ensureVenv(name: 'emulator' | 'checks' | 'iam'): Promise<string> {
  const requirements = join(__dirname, 'python', `${name}.txt`);
  const folder = await installOnce(name, requirements, async (aside) => {
    await run(await findPython(), ['-m', 'venv', aside]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements];
    await run(join(aside, 'bin', 'python'), pip);
  });
  return join(folder, 'bin', 'python');
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
