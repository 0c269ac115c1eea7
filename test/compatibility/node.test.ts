import { exampleIn } from '../package/snippets';
import { type App, packNpm, testedVersion, Workspace } from '../package/workspace';

const LOWEST_CDK = ['aws-cdk-lib@2.224.0', 'constructs@10.0.5'];
const NEWEST_CDK = [`aws-cdk-lib@${testedVersion('aws-cdk-lib')}`, `constructs@${testedVersion('constructs')}`];
const TYPESCRIPT = ['typescript@5.9.3', '@types/node@20'];

/** With declarations checked, because `skipLibCheck` is off by default. */
const COMMON_JS = {
  target: 'ES2022',
  module: 'commonjs',
  moduleResolution: 'node10',
  strict: true,
  esModuleInterop: true,
};
const NODE_NEXT = {
  target: 'ES2022',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  outDir: 'out',
};

const workspace = new Workspace();
let packed: string;
beforeAll(async () => {
  packed = await packNpm(workspace.folder);
});
afterAll(() => workspace.remove());

/** An app with the example of the documentation. */
function newApp(name: string, compilerOptions: object, command: string, type = 'commonjs'): App {
  return workspace.app(name, {
    'app.ts': exampleIn('docs/construct-library.md', 'ts'),
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, types: ['node'] }, include: ['app.ts'] }),
    'package.json': JSON.stringify({ name, private: true, type }),
    'cdk.json': JSON.stringify({ app: command }),
  });
}

test.each([
  ['the lowest aws-cdk-lib', LOWEST_CDK],
  ['the newest aws-cdk-lib', NEWEST_CDK],
])('a CommonJS app with ts-node and %s compiles and synthesizes, with one aws-cdk-lib', async (name, cdk) => {
  const app = newApp(name.replaceAll(' ', '-'), COMMON_JS, 'npx ts-node app.ts');
  await app.install(...cdk, ...TYPESCRIPT, 'ts-node@10.9.2', packed);
  expect(await app.versionsOf('aws-cdk-lib')).toHaveLength(1);
  await app.run('npx', ['tsc', '--noEmit']);
  await app.synth();
});

it('an ES module app with NodeNext and exactOptionalPropertyTypes compiles and synthesizes', async () => {
  const app = newApp('node-next', NODE_NEXT, 'node out/app.js', 'module');
  await app.install(...NEWEST_CDK, ...TYPESCRIPT, packed);
  await app.run('npx', ['tsc', '--skipLibCheck']);
  await app.synth();
  // With declarations checked as well, those of aws-cdk-lib have errors.
  const output = await app.run('npx', ['tsc', '--noEmit']).catch(({ message }: Error) => message);
  const errors = output.split('\n').filter((line) => line.includes('error TS'));
  expect(errors.filter((line) => !line.startsWith('node_modules/aws-cdk-lib/'))).toEqual([]);
});

it('an app with pnpm compiles and synthesizes', async () => {
  const app = newApp('pnpm', COMMON_JS, 'npx ts-node app.ts');
  const pnpm = (...args: string[]) => app.run('npx', ['--yes', 'pnpm@10.34.9', ...args]);
  await pnpm('add', ...NEWEST_CDK, ...TYPESCRIPT, 'ts-node@10.9.2', packed);
  await pnpm('exec', 'tsc', '--noEmit');
  await app.synth();
});
