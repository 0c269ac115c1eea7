import { join } from 'node:path';
import { bundleCommandLine, bundleFunctions, ROOT } from '../bin/bundle';

/** Builds the functions, which every synthesis needs, and the command line, which the tests start again and again. */
export default function build(): void {
  bundleFunctions(join(ROOT, 'dist', 'functions'));
  bundleCommandLine(join(ROOT, 'dist', 'bin', 'allowlist.js'));
}
