import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NO_NODE_NOTICE } from '../../bin/allowlist/node-notice';

const run = promisify(execFile);

export const ROOT = join(__dirname, '..', '..');
export const CDK = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');

/** The version of a package that this repository is tested with. */
export function testedVersion(name: string): string {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies[name];
}

/** Folders of apps outside the repository, so that nothing in it resolves there by accident. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), 'allowlist-package-'));

  app(name: string, files: Readonly<Record<string, string>> = {}): App {
    const app = new App(join(this.folder, name));
    for (const [path, text] of Object.entries(files)) app.write(path, text);
    return app;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An app in a folder. */
export class App {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  write(path: string, text: string): void {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  /** Runs a command in the folder. @throws Error with all of its output */
  run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = userEnvironment()): Promise<string> {
    return execute(command, args, this.folder, env);
  }

  /** `cdk synth`, with the app's command of its `cdk.json`. */
  synth(...options: readonly string[]): Promise<string> {
    return this.run(process.execPath, [CDK, 'synth', '--quiet', '--no-notices', '--no-color', ...options]);
  }

  /** Installs packages with npm. */
  install(...packages: readonly string[]): Promise<string> {
    return this.run('npm', ['install', '--no-audit', '--no-fund', ...packages]);
  }

  /** The versions of a package that are installed, each once. */
  async versionsOf(name: string): Promise<string[]> {
    const list = await this.run('npm', ['ls', name, '--all', '--parseable', '--long']);
    return [
      ...new Set(
        list
          .trim()
          .split('\n')
          .filter((line) => line.includes(`:${name}@`)),
      ),
    ];
  }
}

/** Packs the library with npm. @returns the path of the package */
export async function packNpm(folder: string): Promise<string> {
  const output = await execute('npm', ['pack', '--json', '--silent', '--pack-destination', folder], ROOT);
  const [{ filename }] = JSON.parse(output.slice(output.indexOf('[\n')));
  return join(folder, filename);
}

/** Packs the library for another language: Python's packages, or the source of the others. @returns their folder */
export async function pack(language: 'python' | 'java' | 'go', folder: string): Promise<string> {
  await execute('npm', ['run', 'compile'], ROOT);
  const sourceOnly = language === 'python' ? [] : ['--code-only'];
  const args = ['jsii-pacmak', '--targets', language, '--outdir', folder, '--npmignore=false', ...sourceOnly];
  await execute('npx', args, ROOT);
  return join(folder, language);
}

export async function execute(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = userEnvironment(),
): Promise<string> {
  try {
    const { stdout } = await run(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The environment of a user's shell: without the settings of this repository's tests. */
function userEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS, ...env } = process.env;
  return {
    ...env,
    ...NO_NODE_NOTICE,
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    // jsii prints a notice on Node.js 20, which this repository still supports.
    JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION: '20',
    npm_config_update_notifier: 'false',
  };
}
