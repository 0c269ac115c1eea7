import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bundle, bundleOptions } from '../lib/bundle';
import { FUNCTIONS, ROOT } from '../lib/functions';

/** Builds the functions, which every synthesis needs, and the command line, which the tests start again and again. */
export default function build(): void {
  // Each project of a run calls this.
  process.env.TEST_FIGURES ??= figuresFile();
  bundle(FUNCTIONS, join(ROOT, 'dist', 'functions'), ROOT);
  buildSync({
    ...bundleOptions(ROOT),
    entryPoints: ['bin/allowlist.ts'],
    outfile: join(ROOT, 'dist', 'test', 'allowlist.js'),
    target: 'node20',
    // It runs outside Lambda, with the full credential chain.
    alias: {},
    minify: false,
  });
}

/** What the test files add to, and the run prints at its end. */
function figuresFile(): string {
  const file = join(mkdtempSync(join(tmpdir(), 'allowlist-figures-')), 'figures');
  writeFileSync(file, '');
  return file;
}
