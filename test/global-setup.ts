import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCommandLine, bundleFunctions, ROOT } from '../bin/bundle';

/** Builds the functions, which every synthesis needs, and the command line, which the tests start again and again. */
export default function build(): void {
  // Each project of a run calls this.
  process.env.TEST_FIGURES = figuresFile();
  bundleFunctions(join(ROOT, 'dist', 'functions'));
  bundleCommandLine(join(ROOT, 'dist', 'bin', 'allowlist.js'));
}

/** What the test files add to, and the run prints at its end. */
function figuresFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'allowlist-figures-')), 'figures');
  writeFileSync(file, '');
  return file;
}
