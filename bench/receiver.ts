import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../cdk.json';
import { Receiver } from '../lib/receiver';
import { closedEnvironment } from '../local/closed-environment';
import type { Warm } from './warm';

/** One handler, measured: medians over the runs. Times in milliseconds. */
interface Figures extends Warm {
  /** `require` of the bundle in a new process. */
  readonly load: number;
  /** A new process, from its start until its bundle is loaded. */
  readonly processStart: number;
}

const RUNS = 7;
const BARE = "exports.handler = async () => ({ statusCode: 200, body: '' });\n";
const LOAD = `
  const started = performance.now();
  require(process.argv[1]);
  process.send({ load: performance.now() - started }, () => process.exit());
`;

/** What the receiver is to reach, on one core of an ordinary machine. */
const REACH = { requestsPerSecond: 2500, ownP99: 5, load: 35, startRatio: 2.5 } as const;

(async () => {
  const home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-bench-'));
  const stub = fork(join(__dirname, 'stub-aws.ts'), { execArgv: ['--import', 'tsx'] });
  try {
    const [{ endpoint }] = (await once(stub, 'message')) as [{ endpoint: string }];
    const env = environment(endpoint, home);
    const bare = join(home, 'bare.js');
    await writeFile(bare, BARE);
    const receiver = bundle(home);
    // Taken in turns, so that whatever else the machine does meets both.
    const runs = { receiver: [] as Figures[], bare: [] as Figures[] };
    for (let run = 0; run < RUNS; run++) {
      runs.receiver.push(await measure(receiver, env));
      runs.bare.push(await measure(bare, env));
      process.stderr.write('.');
    }
    process.stderr.write('\n');
    console.log(table(median(runs.receiver), median(runs.bare)));
  } finally {
    stub.kill();
    await rm(home, { recursive: true, force: true });
  }
})();

/** The bundle as it is deployed. @returns its file */
function bundle(home: string): string {
  const app = new App({ outdir: join(home, 'cdk.out'), context: cdkJson.context });
  const stack = new Stack(app, 'Bench');
  const { function: handler } = new Receiver(stack, 'Receiver', { name: 'Bench' });
  const { directory } = app.synth();
  const { Properties } =
    Template.fromStack(stack).toJSON().Resources[stack.getLogicalId(handler.node.defaultChild as never)];
  return join(directory, `asset.${Properties.Code.S3Key.replace('.zip', '')}`, 'index.js');
}

/** What Lambda and the stack put into the environment, and nothing of this shell's. */
function environment(endpoint: string, home: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _guard, ...env } = closedEnvironment(endpoint, home);
  return {
    ...env,
    STACK_NAME: 'Bench',
    URL_SUFFIX: 'amazonaws.com',
    CLIENT_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:bench',
    EVENT_BUS_NAME: 'bench',
    SEEN_TABLE: 'bench',
    SPILL_QUEUE_URL: `${endpoint}/000000000000/bench`,
    SPILL_BUCKET: 'bench',
  };
}

async function measure(file: string, env: NodeJS.ProcessEnv): Promise<Figures> {
  const started = performance.now();
  const { load } = await answerOf<{ load: number }>(['-e', LOAD, file], env);
  const processStart = performance.now() - started;
  const warm = await answerOf<Warm>(['--import', 'tsx', join(__dirname, 'warm.ts'), file], env);
  return { ...warm, load, processStart };
}

/** What a new Node process sends. Its log goes nowhere. */
async function answerOf<Answer>(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const answer = new Promise<Answer>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('exit', (code) => reject(new Error(`The process that was measured ended with code ${code}`)));
  });
  return answer;
}

function median(runs: readonly Figures[]): Figures {
  const keys = Object.keys(runs[0] ?? {}) as (keyof Figures)[];
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return Object.fromEntries(keys.map((key) => [key, middle(runs.map((run) => run[key]))])) as unknown as Figures;
}

function table(receiver: Figures, bare: Figures): string {
  const rows: [string, keyof Figures, number][] = [
    ['warm requests a second, one core', 'requestsPerSecond', 0],
    ['CPU time a request, ms', 'cpu', 3],
    ['own time p50, ms', 'ownP50', 3],
    ['own time p99, ms', 'ownP99', 3],
    ['whole time p50, ms', 'wholeP50', 3],
    ['whole time p99, ms', 'wholeP99', 3],
    ['load of the bundle, ms', 'load', 1],
    ['process start, ms', 'processStart', 1],
  ];
  const line = (cells: readonly string[]) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(34) : cell.padStart(12))).join('');
  const startRatio = receiver.processStart / bare.processStart;
  const reached: [string, boolean][] = [
    [`over ${REACH.requestsPerSecond} requests a second`, receiver.requestsPerSecond > REACH.requestsPerSecond],
    [`own time p99 under ${REACH.ownP99} ms`, receiver.ownP99 < REACH.ownP99],
    [
      `load under ${REACH.load} ms, or process start at most ${REACH.startRatio} times the bare one's`,
      receiver.load < REACH.load || startRatio <= REACH.startRatio,
    ],
  ];
  return [
    `Medians of ${RUNS} runs, each in new processes. ${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.version}`,
    '',
    line(['', 'receiver', 'bare', 'ratio']),
    ...rows.map(([name, key, digits]) =>
      line([name, receiver[key].toFixed(digits), bare[key].toFixed(digits), (receiver[key] / bare[key]).toFixed(2)]),
    ),
    '',
    ...reached.map(([what, yes]) => `${yes ? 'reached' : 'missed '}  ${what}`),
  ].join('\n');
}
