import { join } from 'node:path';
import { bundleCommandLine, bundleFunctions, ROOT } from './bundle';

try {
  bundleFunctions(join(ROOT, 'dist', 'functions'));
  bundleCommandLine(join(ROOT, 'dist', 'bin', 'allowlist.js'));
} catch {
  // esbuild has already printed the error and its location.
  process.exitCode = 1;
}
