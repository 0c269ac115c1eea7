import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { LocalSetupError } from '../../dev/install-once';

const run = promisify(execFile);

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const PACKAGES = ['chromium', 'fonts-dejavu-core'];
/** No traffic beyond this machine. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A headless Chromium. If there is none, root on Debian installs it.
 *
 * @throws LocalSetupError with one sentence that says what is needed.
 */
export async function startChromium(): Promise<Browser> {
  const executablePath = (await findChromium()) ?? (await installChromium());
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, headless: true, args: [...QUIET, ...asRoot] });
}

async function findChromium(): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const candidate of NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))) {
    const runs = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return candidate;
  }
  return undefined;
}

async function installChromium(): Promise<string> {
  const needed = `Chromium is needed to look at the widget: install it so that one of ${NAMES.join(', ')} is in the PATH`;
  if (process.getuid?.() !== 0) throw new LocalSetupError(needed);
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update'], { env });
    await run('apt-get', ['install', '--yes', '--no-install-recommends', ...PACKAGES], { env, maxBuffer: 1 << 26 });
  } catch (error) {
    throw new LocalSetupError(`${needed}. apt-get could not: ${(error as Error).message.trim().split('\n').at(-1)}`);
  }
  const installed = await findChromium();
  if (installed === undefined) throw new LocalSetupError(needed);
  return installed;
}
