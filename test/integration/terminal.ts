import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ensureVenv } from '../../dev/python';

/** How a process ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const ROOT = join(__dirname, '..', '..');
// Bundled by the tests' global setup: each run from source would take a second longer.
const ALLOWLIST = [process.execPath, 'dist/bin/allowlist.js'];

/** Runs the command line as a process with its output in pipes. */
export function runAllowlist(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return run([...ALLOWLIST, ...args], env);
}

/** Runs the command line in a terminal of this width. Returns both outputs as one, as they appear. */
export async function runInTerminal(columns: number, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  const terminal = [await ensureVenv('emulator'), join(__dirname, 'in_terminal.py'), String(columns)];
  return run([...terminal, ...ALLOWLIST, ...args], { TERM: 'xterm-256color', ...env });
}

function run([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(command, args, { cwd: ROOT, env }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
