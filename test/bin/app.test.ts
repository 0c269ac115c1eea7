import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import cdkJson from '../../cdk.json';
import { ALB, ALB_EVERY_KEY, EVERY_KEY } from '../lib/template';

const ROOT = join(__dirname, '..', '..');

interface Synthesis {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the assembly contains the file. */
  readonly has: (file: string) => boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the files that the CDK writes have no types
  readonly read: (file: string) => Promise<any>;
}

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'allowlist-app-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('an invalid context stops the synthesis with one line and without an assembly', () => {
  test.each([
    [
      { ingress: 'alb', certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0f1e' },
      'domainName: undefined is not allowed. Allowed: a value, because ingress=alb needs it.',
    ],
    [
      { intercomRegions: 'us,mars' },
      'intercomRegions: "mars" is not allowed. Allowed: a comma-separated list of us, eu, au.',
    ],
    [{ regions: 'eu' }, 'context key regions: "eu" is not allowed. Allowed: intercomRegions=eu, which replaces it.'],
    [
      { region: 'us' },
      'context key region: "us" is not allowed. Allowed: the keys stackName, intercomRegions, feedBaseUrl, extraRanges, ingress, ' +
        'domainName, certificateArn, vpcId, hostedZoneId, webAclAssociations, webAclMode, webAclRuleGroup, ' +
        'cloudFrontIpSets, securityGroupIds, ipSetArns, prefixListIds, prefixLists, prefixListMaxEntries, shareWith, ports, ' +
        'removalGraceHours, ' +
        'maxRemovalShare, rulesPerSecurityGroup, alarmEmail, changeEmail, changeFormat, logRetentionDays.',
    ],
  ])('%j', async (context, line) => {
    const { code, stdout, stderr, has } = await synthesize(context);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `${line}\n` });
    expect(has('IntercomAllowlist.template.json')).toBe(false);
  });
});

test('more named targets than fit into the environment stop the synthesis with one line and without an assembly', async () => {
  const securityGroupIds = Array.from({ length: 200 }, (_, i) => `sg-${10_000_000 + i}`);
  const { code, stdout, stderr, has } = await synthesize({ securityGroupIds });
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '',
    stderr:
      '202 named targets and 0 guards do not fit in the environment of the sync function: its variables can take 4621 bytes, and ' +
      'AWS Lambda allows 4096. Nothing was synthesized, so what is deployed stays in force. Tag resources with ' +
      'intercom-allowlist instead of naming them: a tagged target takes no space\n',
  });
  expect(has('IntercomAllowlist.template.json')).toBe(false);
});

describe('a valid context, without credentials or an AWS Region', () => {
  test.each([
    ['by default', {}, 'IntercomAllowlist'],
    ['with every key', EVERY_KEY, 'Other-1'],
    ['with the ALB ingress', ALB, 'IntercomAllowlist'],
    ['with the ALB ingress and every key', ALB_EVERY_KEY, 'Other-1'],
  ])(
    'synthesizes an assembly for any account without lookups or findings of cdk-nag: %s',
    async (_case, context, stackName) => {
      const { code, stderr, read } = await synthesize(context);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });

      const manifest = await read('manifest.json');
      expect(manifest.missing).toBeUndefined();
      expect(manifest.artifacts.IntercomAllowlist.environment).toBe('aws://unknown-account/unknown-region');
      expect(manifest.artifacts.IntercomAllowlist.properties.stackName ?? 'IntercomAllowlist').toBe(stackName);

      const { pluginReports } = await read('validation-report.json');
      expect(pluginReports).toContainEqual(
        expect.objectContaining({ pluginName: 'AwsSolutions', conclusion: 'success', violations: [] }),
      );
    },
  );
});

test('a finding of cdk-nag that is not acknowledged fails the synthesis', async () => {
  const { code, stderr } = await synthesize({}, ['--import', join(__dirname, 'acknowledge-nothing.ts')]);
  expect(code).not.toBe(0);
  expect(stderr).toContain("Acknowledge with 'AwsSolutions::AwsSolutions-SQS3'");
});

test('a template that violates the schemas of CloudFormation fails the synthesis if CDK_VALIDATION is true', async () => {
  const preload = ['--import', join(__dirname, 'unknown-property.ts')];
  const { code, stderr } = await synthesize({}, preload, 'bin/app.ts', { CDK_VALIDATION: 'true' });
  expect(code).not.toBe(0);
  expect(stderr).toContain('Encrypted');
});

/** Runs an app as the CDK command line does: with the context in the environment, which has no other variables. */
async function synthesize(
  context: object,
  nodeOptions: readonly string[] = [],
  app = 'bin/app.ts',
  environment: Readonly<Record<string, string>> = {},
): Promise<Synthesis> {
  const outdir = await mkdtemp(join(home, 'out-'));
  const env = {
    PATH: process.env.PATH,
    ...environment,
    HOME: home,
    CDK_OUTDIR: outdir,
    CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, ...context }),
  };
  const args = ['--import', 'tsx', ...nodeOptions, app];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: ROOT, env }, (_error, stdout, stderr) =>
      resolve({
        code: child.exitCode ?? -1,
        stdout,
        stderr,
        has: (file) => existsSync(join(outdir, file)),
        read: async (file) => JSON.parse(await readFile(join(outdir, file), 'utf8')),
      }),
    );
  });
}
