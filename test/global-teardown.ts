import { rmSync } from 'node:fs';

/** Deletes the temporary files of the run. Each project of a run calls this. */
export default function clean(): void {
  const { TEST_RUN, TMPDIR } = process.env;
  if (TEST_RUN === String(process.pid) && TMPDIR) rmSync(TMPDIR, { recursive: true, force: true, maxRetries: 3 });
}
