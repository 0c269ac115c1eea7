import { join } from 'node:path';
import { bundle } from '../lib/bundle';
import { FUNCTIONS, ROOT } from '../lib/functions';

try {
  bundle(FUNCTIONS, join(ROOT, 'dist', 'functions'), ROOT);
} catch {
  // esbuild has written what is wrong, and where.
  process.exitCode = 1;
}
