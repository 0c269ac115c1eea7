import { join } from 'node:path';
import { bundle } from '../lib/bundle';
import { FUNCTIONS, ROOT } from '../lib/functions';

try {
  bundle(FUNCTIONS, join(ROOT, 'dist', 'functions'), ROOT);
} catch {
  // esbuild has already printed the error and its location.
  process.exitCode = 1;
}
