import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetIPSetCommand, ListIPSetsCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import { exampleIn } from '../package/snippets';
import { type App, CDK, execute, packNpm, ROOT, Workspace } from '../package/workspace';
import { startCheckedEmulator } from './checked-emulator';
import { YESTERDAY } from './days';

const EU = ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32'];

// Packages are downloaded and compiled, which takes long on a busy machine; nothing is measured by this.
jest.setTimeout(3_600_000);

const workspace = new Workspace();
let packed: string;
let app: App;

/** What `cdk init` makes today, with the package installed. */
beforeAll(async () => {
  packed = await packNpm(workspace.folder);
  app = workspace.app('webhooks');
  await app.run(process.execPath, [CDK, 'init', 'app', '--language', 'typescript', '--generate-only']);
  await app.install(packed);
});
afterAll(() => workspace.remove());

it('the package holds what a user needs and nothing else', async () => {
  const files = (await execute('tar', ['-tzf', packed], workspace.folder)).trim().split('\n');
  const kinds = files.map((file) =>
    file
      .replace(/^package\//, '')
      .replace(/^dist\/(lib|lambda\/shared)\/.*\.(js|d\.ts)$/, 'dist/$1')
      .replace(/^dist\/functions\/[\w-]+\/index\.js$/, 'dist/functions'),
  );
  expect([...new Set(kinds)].sort()).toEqual([
    '.jsii',
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'dist/bin/allowlist.js',
    'dist/functions',
    'dist/lambda/shared',
    'dist/lib',
    'package.json',
  ]);
  const { dependencies, bundledDependencies } = JSON.parse(app.read('node_modules/intercom-allowlist/package.json'));
  expect({ dependencies, bundledDependencies }).toEqual({});
});

it('an app that installs the package has one aws-cdk-lib', async () => {
  expect(await app.versionsOf('aws-cdk-lib')).toHaveLength(1);
});

test.each(['README.md', 'docs/construct-library.md'])('the example in %s compiles and synthesizes', async (page) => {
  app.write('bin/webhooks.ts', exampleIn(page, 'ts'));
  await app.run('npx', ['tsc', '--noEmit']);
  await app.synth('--output', `out-${page.replaceAll('/', '-')}`);
});

it('an invalid value stops synthesis with one error that says what is allowed', async () => {
  app.write('bin/webhooks.ts', exampleIn('README.md', 'ts').replace('[443]', '[70000]'));
  await expect(app.synth()).rejects.toThrow(
    'ports: "70000" is not allowed. Allowed: a comma-separated list of TCP ports, 1 to 65535.',
  );
});

it('the API reference is current', async () => {
  const fresh = join(workspace.folder, 'API.md');
  await execute('npx', ['jsii-docgen', '--output', fresh], ROOT);
  // "Run npm run docgen" is what a failure means.
  expect(readFileSync(join(ROOT, 'API.md'), 'utf8')).toBe(readFileSync(fresh, 'utf8'));
});

describe('deployed into an emulator', () => {
  let emulator: Emulator;
  let feeds: FeedServer;

  beforeAll(async () => {
    emulator = await startCheckedEmulator();
    feeds = await serveFeeds(join(emulator.home, 'feeds'));
    await writePublishedFeeds(feeds.directory, YESTERDAY);
    await bootstrap(emulator);
    const example = exampleIn('docs/construct-library.md', 'ts');
    const region = '  intercomRegions: [IntercomRegion.EU],\n';
    app.write('bin/webhooks.ts', example.replace(region, `${region}  feedBaseUrl: '${feeds.baseUrl}',\n`));
    const options = ['--require-approval', 'never', '--no-validation', '--no-notices', '--no-color'];
    await app.run(process.execPath, [CDK, 'deploy', ...options], emulator.environment);
  });
  afterAll(async () => {
    await feeds?.stop();
    await emulator?.stop();
  });

  it('the example in the documentation has the published ranges in its IP sets when the deployment finishes', async () => {
    const waf = new WAFV2Client(clientConfig(emulator.endpoint));
    const { IPSets = [] } = await waf.send(new ListIPSetsCommand({ Scope: 'REGIONAL' }));
    const sets = await Promise.all(
      IPSets.map(({ Name, Id }) => waf.send(new GetIPSetCommand({ Name, Id, Scope: 'REGIONAL' }))),
    );
    const ranges = sets.map(({ IPSet }) => ({ version: IPSet?.IPAddressVersion, addresses: IPSet?.Addresses?.sort() }));
    expect(ranges).toEqual(
      expect.arrayContaining([
        { version: 'IPV4', addresses: EU },
        { version: 'IPV6', addresses: [] },
      ]),
    );
    expect(ranges).toHaveLength(2);
  });

  it('the command line of the package shows the stack from any folder', async () => {
    const elsewhere = workspace.app('elsewhere', { 'package.json': '{ "private": true }' });
    await elsewhere.install(packed, '--omit=peer', '--legacy-peer-deps');
    const args = ['intercom-allowlist', 'status', '--stack', 'Webhooks'];
    const status = await elsewhere.run('npx', ['--no-install', ...args], emulator.environment);
    for (const range of EU) expect(status).toContain(range.replace('/32', ''));
  });
});
