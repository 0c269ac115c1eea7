import { join } from 'node:path';
import { bundleCommandLine, bundleFunctions, ROOT } from './bundle';

try {
  bundleFunctions(join(ROOT, 'dist', 'functions'));
  bundleCommandLine(join(ROOT, 'dist', 'bin', 'allowlist.js'));
} catch {
  // esbuild has written the errors and where they are.
  process.exitCode = 1;
}
