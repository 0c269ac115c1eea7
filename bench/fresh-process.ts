import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a new Node process sends. Its log goes nowhere. @throws Error when it ends without a word */
export async function answerOf<Answer>(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise<Answer>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code) => reject(new Error(`The process that was measured ended with code ${code}`)));
  });
}

/** A folder for one part of the bench, gone when it is done. */
export async function inScratchFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-allowlist-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Times in milliseconds. */
export interface Load {
  /** `require` of a file in a new process. */
  readonly load: number;
  /** The new process, from its start until the file is loaded. */
  readonly start: number;
}

const LOAD = `
  const started = performance.now();
  require(process.argv[1]);
  process.send({ load: performance.now() - started }, () => process.exit());
`;

/** Loads a file in a new process, as a cold start does. */
export async function loadAnew(file: string, env: NodeJS.ProcessEnv): Promise<Load> {
  const started = performance.now();
  const { load } = await answerOf<{ load: number }>(['-e', LOAD, file], env);
  return { load, start: performance.now() - started };
}
