import { rmSync } from 'node:fs';
import { dirname } from 'node:path';

/** Deletes the temporary files of the run. Each project of a run calls this. */
export default function clean(): void {
  const { TEST_RUN, TMPDIR } = process.env;
  if (TEST_RUN !== String(process.pid) || !TMPDIR) return;
  rmSync(TMPDIR, { recursive: true, force: true, maxRetries: 3 });
  // In watch mode, another run follows.
  delete process.env.TEST_RUN;
  process.env.TMPDIR = dirname(TMPDIR);
}
