import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(__dirname, '..');

/** The entry point of each Lambda function, by the name of its folder in `dist/functions`. */
export const FUNCTIONS = {
  sync: 'lambda/sync/handler.ts',
  receiver: 'lambda/receiver/handler.ts',
  redrive: 'lambda/redrive/handler.ts',
  'ip-set': 'lambda/custom-resources/ip-set-handler.ts',
  'prefix-list': 'lambda/custom-resources/prefix-list-handler.ts',
  network: 'lambda/custom-resources/network-handler.ts',
  'web-acl-association': 'lambda/custom-resources/web-acl-association-handler.ts',
  widget: 'lambda/widget/handler.ts',
  'widget-action': 'lambda/widget/action/handler.ts',
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/**
 * The folder of a bundled function.
 *
 * @throws Error if it is not built
 */
export function bundleOf(name: FunctionName): string {
  const folder = join(ROOT, 'dist', 'functions', name);
  if (existsSync(join(folder, 'index.js'))) return folder;
  throw new Error(
    `The code of the function "${name}" is not built, so the app can't be synthesized; nothing was deployed. ` +
      `Run "npm run build" in ${ROOT}.`,
  );
}
