import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle, ENTRIES } from '../bundles';
import { type Figure, figureOf, ratio, table, withSpread } from '../figures';
import { answerOf, inScratchFolder, type Load, loadAnew } from '../fresh-process';
import { functionEnvironment } from '../function-environment';
import type { BenchOptions, Part, PartResult } from '../part';
import { eventsFrom } from './notification';
import type { Warm } from './warm';

interface First {
  /** From loading the file to the answer to the first notification, in a new process. Milliseconds. */
  readonly first: number;
}

type Run = Warm & Load & First;
type Figures = Readonly<Record<keyof Run, Figure>>;

export const BARE_HANDLER = "exports.handler = async () => ({ statusCode: 200, body: '' });\n";

/** What is to be reached on one core of an ordinary machine. */
const REACH = { requestsPerSecond: 700, ownP99: 8, first: 200 } as const;

const FIRST = `
  const event = JSON.parse(process.argv[2]);
  const started = performance.now();
  require(process.argv[1]).handler(event).then(({ statusCode }) => {
    if (statusCode !== 200) throw new Error('Answered ' + statusCode);
    process.send({ first: performance.now() - started }, () => process.exit());
  });
`;

const ROWS: readonly (readonly [string, keyof Run, number])[] = [
  ['warm requests a second, one core', 'requestsPerSecond', 0],
  ['CPU time a request, ms', 'cpu', 3],
  ['own time p50, ms', 'ownP50', 3],
  ['own time p99, ms', 'ownP99', 3],
  ['whole time p50, ms', 'wholeP50', 3],
  ['whole time p99, ms', 'wholeP99', 3],
  ['load of the bundle, ms', 'load', 1],
  ['load and first notification, ms', 'first', 1],
  ['process start, ms', 'start', 1],
];

/** What one notification costs the true bundle, called in process, beside a handler that only answers 200. */
export const receiver: Part = {
  name: 'receiver',
  title: 'What a notification costs the receiver',
  run: (options) =>
    inScratchFolder(async (home) => {
      const stub = fork(join(__dirname, 'stub-aws.ts'), { execArgv: ['--import', 'tsx'] });
      try {
        return await measureBoth(home, stub, options);
      } finally {
        stub.kill();
      }
    }),
};

async function measureBoth(home: string, stub: ChildProcess, { short, progress }: BenchOptions): Promise<PartResult> {
  const [{ endpoint }] = (await once(stub, 'message')) as [{ endpoint: string }];
  const env = { ...functionEnvironment(endpoint, home), ...(short && { BENCH_SHORT: '1' }) };
  const bare = join(home, 'bare.js');
  await writeFile(bare, BARE_HANDLER);
  progress('bundling');
  const [own, calls] = [join(home, 'receiver.js'), join(home, 'bare-calls.js')];
  bundle(ENTRIES.receiver, own);
  bundle(join(__dirname, 'bare-calls.ts'), calls);
  const [ours, floor, theirs]: [Run[], Run[], Run[]] = [[], [], []];
  const runs = short ? 1 : 5;
  for (let run = 1; run <= runs; run++) {
    ours.push(await measure(own, env));
    floor.push(await measure(calls, env));
    theirs.push(await measure(bare, env));
    progress(`run ${run} of ${runs}`);
  }
  return resultOf(figuresOf(ours), figuresOf(floor), figuresOf(theirs), runs);
}

async function measure(file: string, env: NodeJS.ProcessEnv): Promise<Run> {
  const load = await loadAnew(file, env);
  const warm = await answerOf<Warm>(['--import', 'tsx', join(__dirname, 'warm.ts'), file], env);
  const first = await answerOf<First>(['-e', FIRST, file, JSON.stringify(eventsFrom(0, 1)[0])], env);
  return { ...warm, ...load, ...first };
}

function figuresOf(runs: readonly Run[]): Figures {
  return Object.fromEntries(ROWS.map(([, key]) => [key, figureOf(runs.map((run) => run[key]))])) as unknown as Figures;
}

function resultOf(ours: Figures, floor: Figures, bare: Figures, runs: number): PartResult {
  const { requestsPerSecond, ownP99, first } = REACH;
  return {
    text: `${runs} runs, each in new processes; AWS calls are answered by a stub in a process of its own. Own time is the time in which
the event loop was not waiting for AWS. The floor is a handler that makes the three calls of a notification, unsigned, and nothing else.

${table(
  ['', 'receiver', 'three bare calls', 'ratio', 'bare handler'],
  ROWS.map(([name, key, digits]) => [
    name,
    withSpread(ours[key], digits),
    withSpread(floor[key], digits),
    ratio(ours[key], floor[key]),
    withSpread(bare[key], digits),
  ]),
)}`,
    reaches: [
      {
        text: `over ${requestsPerSecond} requests a second on one core: ${ours.requestsPerSecond.median.toFixed(0)}`,
        reached: ours.requestsPerSecond.median > requestsPerSecond,
      },
      {
        text: `p99 of own time under ${ownP99} ms: ${ours.ownP99.median.toFixed(2)} ms`,
        reached: ours.ownP99.median < ownP99,
      },
      {
        text: `load and first notification in at most ${first} ms: ${ours.first.median.toFixed(1)} ms`,
        reached: ours.first.median <= first,
      },
    ],
  };
}
