import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../cdk.json';
import { readConfig } from '../lib/config';
import { IntercomAllowlistStack } from '../lib/intercom-allowlist-stack';
import { EDGES } from './template';

const ROOT = join(__dirname, '..');

/** What is bundled, by its function's description. */
const DESCRIPTIONS = {
  sync: /^Makes every target/,
  receiver: /^Checks the signature/,
  redrive: /^Publishes notifications from/,
  'lifecycle of IP sets': /^Makes, changes and deletes the IP sets/,
  'lifecycle of prefix lists': /^Makes, resizes and deletes the prefix lists/,
  lookups: /^Looks up subnets/,
  widget: /^Shows the allowlist/,
  "widget's buttons": /^Does what the buttons/,
} as const;

export type BundleName = keyof typeof DESCRIPTIONS;
export const BUNDLES = Object.keys(DESCRIPTIONS) as BundleName[];

/** What the functions are bundled of. */
export const ENTRIES: Readonly<Record<BundleName, string>> = {
  sync: entry('sync/handler'),
  receiver: entry('receiver/handler'),
  redrive: entry('redrive/handler'),
  'lifecycle of IP sets': entry('lifecycle/handler'),
  'lifecycle of prefix lists': entry('lifecycle/prefix-list-handler'),
  lookups: entry('network/handler'),
  widget: entry('widget/handler'),
  "widget's buttons": entry('widget/action/handler'),
};

function entry(name: string): string {
  return join(ROOT, 'lambda', `${name}.ts`);
}

/** Bundles a file by itself, in the way of the functions. @param contents gets esbuild's account of what is in it */
export function bundle(entryFile: string, file: string, contents?: string): void {
  const args = [join(ROOT, 'lib', 'bundle.mjs'), entryFile, file, ...(contents ? [contents] : [])];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
}

/**
 * Bundles every function as a deploy does.
 *
 * @param outdir a folder to synthesize into
 * @returns the file that each function loads
 */
export function bundleAll(outdir: string): Readonly<Record<BundleName, string>> {
  const app = new App({ outdir, context: cdkJson.context });
  const config = readConfig({ ...EDGES.alb, prefixLists: 'make' });
  const stack = new IntercomAllowlistStack(app, 'Bench', { config });
  const { directory } = app.synth();
  const functions = Object.values(Template.fromStack(stack).findResources('AWS::Lambda::Function'));
  const fileOf = (name: BundleName) => {
    const found = functions.find(({ Properties }) => DESCRIPTIONS[name].test(Properties.Description));
    return join(directory, `asset.${found?.Properties.Code.S3Key.replace('.zip', '')}`, 'index.js');
  };
  return Object.fromEntries(BUNDLES.map((name) => [name, fileOf(name)])) as Record<BundleName, string>;
}
