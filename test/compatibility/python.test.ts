import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from '../../dev/python';
import { exampleIn } from '../package/snippets';
import { type App, pack, Workspace } from '../package/workspace';

const workspace = new Workspace();
let app: App;

/** A new virtual environment with the wheel, and the newest aws-cdk-lib: PyPI gets a version later than npm. */
beforeAll(async () => {
  const packages = await pack('python', workspace.folder);
  const wheel = readdirSync(packages).find((file) => file.endsWith('.whl')) ?? '';
  app = workspace.app('python', {
    'app.py': exampleIn('docs/construct-library.md', 'python'),
    'cdk.json': JSON.stringify({ app: 'venv/bin/python app.py' }),
  });
  await app.run(await findPython(), ['-m', 'venv', 'venv']);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  await app.run('venv/bin/python', [...pip, join(packages, wheel), 'aws-cdk-lib']);
});
afterAll(() => workspace.remove());

it('the example in the documentation synthesizes with the wheel', async () => {
  await app.synth();
});

test.each([
  [
    'a port of 70000',
    'AllowlistTarget.security_group_id("sg-12345678", ports=[70000])',
    'ports: "70000" is not allowed',
  ],
  ['a target that is none', 'AllowlistTarget.ip_set("partners")', 'ipSetArn: "partners" is not allowed'],
  ['no region', 'AllowlistSync(stack, "Sync", intercom_regions=[])', 'intercomRegions: [] is not allowed'],
  ['two syncs with one owner', '[AllowlistSync(stack, id) for id in ("A", "B")]', 'owner: "Team" is not allowed'],
])('%s raises a RuntimeError that says what is allowed', async (_what, expression, message) => {
  app.write(
    'invalid.py',
    `from aws_cdk import App, Stack
from intercom_allowlist import AllowlistSync, AllowlistTarget

stack = Stack(App(), "Team")
try:
    ${expression}
except RuntimeError as error:
    print(error)
`,
  );
  const [line, ...others] = (await app.run('venv/bin/python', ['invalid.py'])).trim().split('\n');
  expect(line).toContain(`${message}. Allowed: `);
  expect(others).toEqual([]);
});
