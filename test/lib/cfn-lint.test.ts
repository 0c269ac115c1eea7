import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ensureVenv } from '../../dev/python';
import { ConsumerStack } from '../../examples/consumer/consumer-stack';
import { ALB, ALB_EVERY_KEY, EVERY_KEY, EXISTING, synthesize, TARGETS_ONLY } from './template';

const run = promisify(execFile);

/** The package has no `__main__`. */
const CFN_LINT = 'import sys; from cfnlint.runner import main; sys.exit(main())';

/** The CDK itself adds a DependsOn to a reference. */
const REDUNDANT_DEPENDS_ON = 'W3005';

it('cfn-lint finds nothing in any template of the stack or of the examples', async () => {
  const example = new ConsumerStack(new App(), 'Consumer', { eventBusName: 'the-bus' });
  const templates = {
    'by default': synthesize(),
    'every key': synthesize(EVERY_KEY),
    'ALB ingress': synthesize(ALB),
    'ALB ingress, every key': synthesize(ALB_EVERY_KEY),
    'existing endpoints': synthesize(EXISTING),
    'targets only': synthesize(TARGETS_ONLY),
    example: Template.fromStack(example),
  };
  const files = Object.entries(templates).map(([name, template]) => [name, template.toJSON()]);
  expect(await lint(Object.fromEntries(files))).toBe('');
});

test('cfn-lint finds a property that CloudFormation does not know', async () => {
  const Resources = { Queue: { Type: 'AWS::SQS::Queue', Properties: { Encrypted: true } } };
  expect(await lint({ unknown: { Resources } })).toContain("'Encrypted' was unexpected");
});

/** What cfn-lint says of templates, by name: nothing, if they are good. One process for all, because it loads for seconds. */
async function lint(templates: Readonly<Record<string, object>>): Promise<string> {
  const python = await ensureVenv('checks');
  const folder = await mkdtemp(join(tmpdir(), 'allowlist-lint-'));
  try {
    const files = Object.entries(templates).map(([name, template]) => {
      const file = join(folder, `${name}.json`);
      writeFileSync(file, JSON.stringify(template));
      return file;
    });
    const args = ['-c', CFN_LINT, '--ignore-checks', REDUNDANT_DEPENDS_ON, '--', ...files];
    const { stdout, stderr } = await run(python, args);
    return stdout + stderr;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return stdout + stderr || message;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
