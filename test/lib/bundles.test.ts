import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunctions, FUNCTIONS, ROOT } from '../../bin/bundle';
import { bundleOf, type FunctionName } from '../../lib/functions';

const KB = 1000;

/** In KB. Three of them hold the EC2 client: esbuild keeps all of its schemas, half a megabyte. The sync also reads its guards, with five more clients. */
const LIMITS: Readonly<Record<FunctionName, number>> = {
  sync: 1200,
  receiver: 600,
  redrive: 600,
  'ip-set': 200,
  'prefix-list': 800,
  network: 800,
  'web-acl-association': 200,
  widget: 290,
  'widget-action': 290,
};

function fileOf(name: FunctionName): string {
  return join(bundleOf(name), 'index.js');
}

it.each(Object.entries(LIMITS))('the bundle of %s stays below its size limit', (name, most) => {
  const { size } = statSync(fileOf(name as FunctionName));
  expect(size).toBeGreaterThan(10 * KB);
  expect(size).toBeLessThan(most * KB);
});

it('the same sources give the same bundles in any folder, so a deployment from another checkout changes nothing', () => {
  const copy = mkdtempSync(join(tmpdir(), 'allowlist-copy-'));
  try {
    cpSync(join(ROOT, 'lambda'), join(copy, 'lambda'), { recursive: true });
    cpSync(join(ROOT, 'tsconfig.json'), join(copy, 'tsconfig.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    bundleFunctions(join(copy, 'dist'), copy);
    for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
      const [here, there] = [fileOf(name), join(copy, 'dist', name, 'index.js')].map((file) => readFileSync(file));
      expect({ name, same: here?.equals(there as Buffer) }).toEqual({ name, same: true });
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
});

it('a missing bundle stops synthesis with an error that names the command to run', () => {
  expect(() => bundleOf('other' as FunctionName)).toThrow(/"other" is not built.*nothing was deployed.*npm run build/);
});
