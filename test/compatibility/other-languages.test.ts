import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execute, pack, Workspace } from '../package/workspace';

const workspace = new Workspace();
afterAll(() => workspace.remove());

/** Without the tool the test is reported as skipped, under this name. */
function testWith(tool: string): (name: string, run: () => Promise<void>) => void {
  const { status } = spawnSync(tool, [tool === 'go' ? 'version' : '--version']);
  return (name, run) => (status === 0 ? test : test.skip)(`${name} (needs ${tool})`, run);
}

testWith('mvn')('the Java package compiles', async () => {
  const folder = await pack('java', workspace.folder);
  await execute('mvn', ['--quiet', '--batch-mode', 'compile'], folder);
  expect(existsSync(join(folder, 'target', 'classes'))).toBe(true);
});

testWith('go')('the Go module builds', async () => {
  const folder = join(await pack('go', workspace.folder), 'intercomallowlist');
  await execute('go', ['mod', 'tidy'], folder);
  await execute('go', ['build', './...'], folder);
});
