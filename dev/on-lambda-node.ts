/** `tsx dev/on-lambda-node.ts <file> [arguments]` runs a file with the Node.js version of Lambda. */
import { spawnSync } from 'node:child_process';
import { LocalSetupError } from './install-once';
import { ensureLambdaNode } from './lambda-node';
import { runCommand } from './local-run';

runCommand(async () => {
  const node = await ensureLambdaNode();
  if (!node) throw new LocalSetupError('No package has Node.js 24 for this platform: install it, then run this again');
  process.exitCode = spawnSync(node, process.argv.slice(2), { stdio: 'inherit' }).status ?? 1;
});
