import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ConsumerStack } from '../../examples/consumer/consumer-stack';
import { ensureVenv } from '../../local/python';
import { ALB, ALB_EVERY_KEY, EVERY_KEY, synthesize } from './template';

const run = promisify(execFile);

/** The package has no `__main__`. */
const CFN_LINT = 'import sys; from cfnlint.runner import main; sys.exit(main())';

/** CDK itself writes a DependsOn beside a reference. */
const REDUNDANT_DEPENDS_ON = 'W3005';

test.each([
  ['by default', {}],
  ['with every key', EVERY_KEY],
  ['with the ALB edge', ALB],
  ['with the ALB edge and every key', ALB_EVERY_KEY],
])("the template %s fits the published schemas of CloudFormation's resources", async (_case, context) => {
  expect(await lint(synthesize(context).toJSON())).toBe('');
});

test('so does that of the example', async () => {
  const example = new ConsumerStack(new App(), 'Consumer', { eventBusName: 'the-bus' });
  expect(await lint(Template.fromStack(example).toJSON())).toBe('');
});

test('a property that CloudFormation does not know is found', async () => {
  const Resources = { Queue: { Type: 'AWS::SQS::Queue', Properties: { Encrypted: true } } };
  expect(await lint({ Resources })).toContain("'Encrypted' was unexpected");
});

/** What cfn-lint says of a template: nothing, if it is good. */
async function lint(template: object): Promise<string> {
  const python = await ensureVenv('checks');
  const folder = await mkdtemp(join(tmpdir(), 'allowlist-lint-'));
  const file = join(folder, 'template.json');
  try {
    await writeFile(file, JSON.stringify(template));
    const { stdout, stderr } = await run(python, ['-c', CFN_LINT, '--ignore-checks', REDUNDANT_DEPENDS_ON, '--', file]);
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return stdout + stderr || message;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
