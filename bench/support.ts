import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedEnvironment } from '../dev/closed-environment';
import { Env } from '../lambda/shared/constants';

export interface BenchmarkOptions {
  /** A minimal run that only checks that the benchmark works. Its figures are meaningless. */
  readonly short: boolean;
  /** Writes one line to standard error. */
  readonly progress: (text: string) => void;
}

/** A limit, and whether the measured figure is within it. */
export interface Goal {
  /** Both the limit and the measured figure. */
  readonly text: string;
  readonly reached: boolean;
}

export interface Benchmark {
  /** The name on the command line and of the section in docs/benchmarks.md. */
  readonly name: string;
  readonly title: string;
  /** @returns Markdown without a heading, and the goals */
  run(options: BenchmarkOptions): Promise<{ text: string; goals: readonly Goal[] }>;
}

export const FUNCTIONS_FOLDER = join(__dirname, '..', 'dist', 'functions');

/** The file that a deployed function loads. @throws Error when it was not built */
export function functionFile(name: string): string {
  const file = join(FUNCTIONS_FOLDER, name, 'index.js');
  if (!existsSync(file)) throw new Error(`${file} is missing. This benchmark measures it. Run: npm run build`);
  return file;
}

/** The environment variables that Lambda and the stack set for the functions. @param endpoint of the stub of AWS */
export function functionEnvironment(endpoint: string, home: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _guard, ...env } = closedEnvironment(endpoint, home);
  return {
    ...env,
    ...Object.fromEntries(NAMED_BENCH.map((name) => [name, 'bench'])),
    [Env.intercomRegions]: 'us,eu,au',
    [Env.targets]: '[]',
    [Env.guards]: '[]',
    [Env.feedBaseUrl]: endpoint,
    [Env.removalGraceHours]: '24',
    [Env.maxRemovalShare]: '0.5',
    [Env.rulesPerSecurityGroup]: '60',
    [Env.clientSecretArn]: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:bench',
    [Env.overflowQueueUrl]: `${endpoint}/000000000000/bench`,
    [Env.widgetActions]: 'arn:aws:lambda:us-east-1:000000000000:function:bench-actions',
    [Env.syncFunction]: 'arn:aws:lambda:us-east-1:000000000000:function:bench-sync',
  };
}

const NAMED_BENCH = [
  Env.owner,
  Env.stateTable,
  Env.eventBusName,
  Env.deduplicationTable,
  Env.overflowBucket,
  Env.syncLogGroup,
] as const;

/** The message that a new Node process sends. Its log is discarded. @throws Error when it ends without a message */
export async function answerOf<Answer>(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise<Answer>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code) => reject(new Error(`The measured process ended with code ${code} and sent no result`)));
  });
}

/** Runs the work with a folder that is removed afterwards. */
export async function inScratchFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'intercom-allowlist-bench-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The result of several runs, half of which are between `low` and `high`. */
export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Median and quartiles. @throws Error without values */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.round((sorted.length - 1) * share)];
    if (value === undefined) throw new Error('Nothing was measured');
    return value;
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** `36.6 (35.1-39.0)` */
export function withSpread({ median, low, high }: Figure, digits = 1): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** A Markdown table in the format of the formatter: the first column is text, the others are right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const pad = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0);
  const line = (cells: readonly string[]) => `| ${cells.map(pad).join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
