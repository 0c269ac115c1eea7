import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Context, resourcesOf, synthesize } from '../lib/template';

const EXAMPLES = join(__dirname, '..', '..', 'examples');

/** The context of each `cdk deploy` in a text, as `-c key=value` gives it. */
function contextsIn(text: string): Context[] {
  const commands = text.replaceAll(/\\\n\s*/g, '').match(/npx cdk deploy .*/g) ?? [];
  return commands.map((command) =>
    Object.fromEntries([...command.matchAll(/-c (\w+)=(\S+)/g)].map(([, key, value]) => [key, value])),
  );
}

const documented = readdirSync(EXAMPLES).flatMap((folder) =>
  ['README.md', 'main.tf']
    .map((name) => join(EXAMPLES, folder, name))
    .filter(existsSync)
    .map((file): [string, string] => [folder, readFileSync(file, 'utf8')]),
);

it.each(documented)('the commands of the example %s synthesize', (_folder, text) => {
  const contexts = contextsIn(text);
  expect(contexts).not.toEqual([]);
  for (const context of contexts) expect(resourcesOf(synthesize(context))).toHaveProperty('SyncFunction');
});

it('the Terraform example reads only parameters that its stack has', () => {
  const text = readFileSync(join(EXAMPLES, 'terraform', 'main.tf'), 'utf8');
  const [context = {}] = contextsIn(text);
  const parameters = Object.values(resourcesOf(synthesize(context), 'AWS::SSM::Parameter'));
  const names = [...text.matchAll(/name = "(\/.*)"/g)].map(([, name]) => name);
  expect(names).toHaveLength(2);
  expect(parameters.map(({ Properties }) => Properties.Name)).toEqual(expect.arrayContaining(names));
});
