import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bin/bundle';

const DECLARATION = /^export (?:async |abstract )*(?:function|const|class|interface|type|enum) (\w+)/gm;

/** The entry point of each function, by Lambda's convention; and the public enum of the values that the functions know as a type. */
const SHARED = ['handler', 'IntercomRegion'];

function sourcesIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

test('no two source files export the same name, so one name means one thing', () => {
  const files = ['bench', 'bin', 'dev', 'lambda', 'lib'].flatMap(sourcesIn);
  const owners = new Map<string, Set<string>>();
  for (const file of files) {
    for (const [, name = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(DECLARATION))
      owners.set(name, (owners.get(name) ?? new Set()).add(file));
  }
  expect(owners.size).toBeGreaterThan(500);
  expect([...owners].filter(([name, { size }]) => size > 1 && !SHARED.includes(name))).toEqual([]);
});
