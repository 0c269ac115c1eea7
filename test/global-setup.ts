import { join } from 'node:path';
import { bundle } from '../lib/bundle';
import { FUNCTIONS, ROOT } from '../lib/functions';

/** Every synthesis of a test needs the functions' code. */
export default function build(): void {
  bundle(FUNCTIONS, join(ROOT, 'dist', 'functions'), ROOT);
}
