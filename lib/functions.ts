import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Both this file and the one that it is compiled to are in a folder `lib`: here in the repository's, there in `dist`. */
const FOLDERS = [join(__dirname, '..', 'functions'), join(__dirname, '..', 'dist', 'functions')];

/** The Lambda functions of the library. */
export type FunctionName =
  | 'sync'
  | 'receiver'
  | 'redrive'
  | 'ip-set'
  | 'prefix-list'
  | 'network'
  | 'web-acl-association'
  | 'widget'
  | 'widget-action';

/**
 * The folder of a bundled function.
 *
 * @throws Error if it is not built
 */
export function bundleOf(name: FunctionName): string {
  const folder = FOLDERS.map((parent) => join(parent, name)).find((candidate) =>
    existsSync(join(candidate, 'index.js')),
  );
  if (folder) return folder;
  throw new Error(
    `The code of the function "${name}" is not built, so the app can't be synthesized; nothing was deployed. ` +
      `Run "npm run build" in ${join(__dirname, '..')}.`,
  );
}
