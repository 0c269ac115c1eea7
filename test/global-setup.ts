import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCommandLine, bundleFunctions, ROOT } from '../bin/bundle';

/** Builds the functions, which every synthesis needs, and the command line, which the tests start again and again. */
export default function build(): void {
  // Each project of a run calls this, and a test may start another run.
  if (process.env.TEST_RUN !== String(process.pid)) makeFolder();
  bundleFunctions(join(ROOT, 'dist', 'functions'));
  bundleCommandLine(join(ROOT, 'dist', 'bin', 'allowlist.js'));
}

/** A folder for all temporary files of the run, which `global-teardown.ts` deletes, and in it the figures that the run prints at its end. */
function makeFolder(): void {
  const TMPDIR = mkdtempSync(join(tmpdir(), 'intercom-allowlist-tests-'));
  const TEST_FIGURES = join(TMPDIR, 'figures');
  writeFileSync(TEST_FIGURES, '');
  Object.assign(process.env, { TEST_RUN: String(process.pid), TMPDIR, TEST_FIGURES });
}
