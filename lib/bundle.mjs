/**
 * Bundles one function: node bundle.mjs <entry> <file> [<file for what it is made of>]. A process of its own, because only esbuild's asynchronous call takes
 * plugins, and the CDK synthesizes without waiting for anything.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const [entry, file, contents] = process.argv.slice(2);

/**
 * A schema of the SDK that holds a computed key, as those of EC2 do, is kept by esbuild whether anything uses it or not: all of
 * EC2's are half a megabyte. The keys are constants of the same file, so they are written out.
 */
const plainSchemas = {
  name: 'plain-schemas',
  setup({ onLoad }) {
    onLoad(
      { filter: /[\\/]@aws-sdk[\\/]client-[\w-]+[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const constants = new Map(
          Array.from(text.matchAll(/^const (_\w+) = (".*");$/gm), ([, name, value]) => [name, value]),
        );
        return {
          contents: text.replace(/\[(_\w+)\]:/g, (key, name) =>
            constants.has(name) ? `${constants.get(name)}:` : key,
          ),
        };
      },
    );
  },
};

const { metafile } = await build({
  entryPoints: [entry],
  outfile: file,
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  alias: {
    '@aws-sdk/credential-provider-node': fileURLToPath(new URL('../lambda/shared/env-credentials.ts', import.meta.url)),
  },
  plugins: [plainSchemas],
  metafile: true,
  logLevel: 'warning',
});
if (contents) await writeFile(contents, JSON.stringify(metafile));
