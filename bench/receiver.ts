import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { notification, signatureOf } from '../bin/allowlist/intercom';
import { RECEIVER_TIMEOUT_MS } from '../lambda/shared/constants';
import {
  answerOf,
  type Benchmark,
  type BenchmarkOptions,
  type Figure,
  figureOf,
  functionEnvironment,
  functionFile,
  inScratchFolder,
  table,
  withSpread,
} from './support';

const SECRET = 'the-client-secret-of-the-bench';
const GOALS = { firstMs: 200, ownP99Ms: 8, requestsPerSecond: 700 } as const;

/** The three AWS calls of a notification, unsigned, and nothing else. */
const CALLS = ['DynamoDB_20120810.PutItem', 'AWSEvents.PutEvents', 'DynamoDB_20120810.UpdateItem'];
const BASELINE = `
  exports.handler = async ({ body }) => {
    for (const target of ${JSON.stringify(CALLS)}) {
      const headers = { 'x-amz-target': target, authorization: 'none' };
      await (await fetch(process.env.AWS_ENDPOINT_URL, { method: 'POST', headers, body })).text();
    }
    return { statusCode: 200 };
  };
`;

/** Successful answers of AWS. */
const ANSWERS: Readonly<Record<string, object>> = {
  'AWSEvents.PutEvents': { FailedEntryCount: 0, Entries: [{ EventId: '11710aed-b79e-4468-a20b-bb3c0c3b4860' }] },
  'DynamoDB_20120810.PutItem': {},
  'DynamoDB_20120810.UpdateItem': {},
  'secretsmanager.GetSecretValue': { SecretString: SECRET },
};

type Handler = (
  event: APIGatewayProxyEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<APIGatewayProxyResult>;

const ROWS = [
  ['load and first notification in a new process, ms', 'firstMs', 1],
  ['warm requests per second, one core', 'requestsPerSecond', 0],
  ['CPU time per request, ms', 'cpuMs', 3],
  ['own time p50, ms', 'ownP50Ms', 3],
  ['own time p99, ms', 'ownP99Ms', 3],
] as const;
type Measured = Readonly<Record<(typeof ROWS)[number][1], number>>;
type Figures = Readonly<Record<keyof Measured, Figure>>;

/** The cost of one notification in the receiver as built, called in process. */
export const receiver: Benchmark = {
  name: 'receiver',
  title: 'Receiver',
  run: (options) =>
    inScratchFolder(async (home) => {
      const aws = fork(__filename, ['aws'], { execArgv: ['--import', 'tsx'] });
      try {
        return await measure(home, aws, options);
      } finally {
        aws.kill();
      }
    }),
};

async function measure(home: string, aws: ChildProcess, { short, progress }: BenchmarkOptions) {
  const [{ endpoint }] = (await once(aws, 'message')) as [{ endpoint: string }];
  const env = { ...functionEnvironment(endpoint, home), ...(short && { BENCH_SHORT: '1' }) };
  const files = { candidate: functionFile('receiver'), baseline: join(home, 'baseline.js') };
  await writeFile(files.baseline, BASELINE);
  const candidate: Measured[] = [];
  const baseline: Measured[] = [];
  const runs = short ? 1 : 5;
  for (let run = 1; run <= runs; run++) {
    candidate.push(await measureOnce(files.candidate, env));
    baseline.push(await measureOnce(files.baseline, env));
    progress(`run ${run} of ${runs}`);
  }
  return resultOf(figuresOf(candidate), figuresOf(baseline), runs);
}

function measureOnce(file: string, env: NodeJS.ProcessEnv): Promise<Measured> {
  return answerOf<Measured>(['--import', 'tsx', __filename, 'calls', file], env);
}

function figuresOf(runs: readonly Measured[]): Figures {
  return Object.fromEntries(ROWS.map(([, key]) => [key, figureOf(runs.map((run) => run[key]))])) as unknown as Figures;
}

function resultOf(candidate: Figures, baseline: Figures, runs: number) {
  const { firstMs, ownP99Ms, requestsPerSecond } = candidate;
  return {
    text: `${runs} runs, each in new processes; a stub in another process answers the AWS calls immediately. Own time is the time in which
the event loop was busy. The baseline makes the three AWS calls of a notification with \`fetch\`, unsigned, and nothing else.

${table(
  ['', 'receiver', 'baseline', 'ratio'],
  ROWS.map(([name, key, digits]) => [
    name,
    withSpread(candidate[key], digits),
    withSpread(baseline[key], digits),
    (candidate[key].median / baseline[key].median).toFixed(2),
  ]),
)}`,
    goals: [
      {
        text: `load and first notification in at most ${GOALS.firstMs} ms: ${firstMs.median.toFixed(0)} ms`,
        reached: firstMs.median <= GOALS.firstMs,
      },
      {
        text: `p99 of own time at most ${GOALS.ownP99Ms} ms: ${ownP99Ms.median.toFixed(2)} ms`,
        reached: ownP99Ms.median <= GOALS.ownP99Ms,
      },
      {
        text: `at least ${GOALS.requestsPerSecond} requests per second on one core: ${requestsPerSecond.median.toFixed(0)}`,
        reached: requestsPerSecond.median >= GOALS.requestsPerSecond,
      },
    ],
  };
}

// Two more processes run this file: one is the stub of AWS, one calls the handler.
if (require.main === module) {
  const [, , role, file = ''] = process.argv;
  if (role === 'aws') answerAsAws();
  else callHandler(file);
}

/** Answers as AWS does. Keeps connections open while the benchmark runs, as AWS does with connections in use. */
function answerAsAws(): void {
  const targetOf = (request: IncomingMessage) => String(request.headers['x-amz-target']);
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const answer = request.headers.authorization && ANSWERS[targetOf(request)];
      response.writeHead(answer ? 200 : 500, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(answer ?? { __type: 'UnexpectedCall', message: targetOf(request) }));
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  });
}

/** Sends the measurements of the first call, of several calls in parallel, and of one call at a time as in Lambda. */
async function callHandler(file: string): Promise<void> {
  const scale = process.env.BENCH_SHORT ? 0.01 : 1;
  const first = eventOf(0);
  const started = performance.now();
  const { handler } = require(file) as { handler: Handler };
  await call(handler, first);
  const firstMs = performance.now() - started;
  await callAll(handler, eventsFrom(1, 3000 * scale));
  const throughput = await throughputOf(handler, eventsFrom(10_000, 10_000 * scale));
  const ownTimes = await ownTimesOf(handler, eventsFrom(30_000, 5000 * scale));
  process.send?.({ firstMs, ...throughput, ...ownTimes } satisfies Measured, () => process.exit());
}

async function throughputOf(handler: Handler, events: readonly APIGatewayProxyEvent[]) {
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  await callAll(handler, events);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { requestsPerSecond: events.length / seconds, cpuMs: (user + system) / 1000 / events.length };
}

/** Makes eight calls in parallel, so that the core is always busy. */
async function callAll(handler: Handler, events: readonly APIGatewayProxyEvent[]): Promise<void> {
  const queue = events.values();
  const work = async () => {
    for (const event of queue) await call(handler, event);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

async function ownTimesOf(handler: Handler, events: readonly APIGatewayProxyEvent[]) {
  const ownTimes: number[] = [];
  for (const event of events) {
    const before = performance.eventLoopUtilization();
    await call(handler, event);
    ownTimes.push(performance.eventLoopUtilization(before).active);
  }
  ownTimes.sort((a, b) => a - b);
  const percentile = (share: number) => ownTimes[Math.floor(ownTimes.length * share)] ?? Number.NaN;
  return { ownP50Ms: percentile(0.5), ownP99Ms: percentile(0.99) };
}

async function call(handler: Handler, event: APIGatewayProxyEvent): Promise<void> {
  const { statusCode } = await handler(event, { getRemainingTimeInMillis: () => RECEIVER_TIMEOUT_MS });
  if (statusCode !== 200) throw new Error(`The handler answered ${statusCode}`);
}

function eventsFrom(first: number, count: number): APIGatewayProxyEvent[] {
  return Array.from({ length: count }, (_, index) => eventOf(first + index));
}

/** A signed notification of about 3 KB, the size of a conversation with one part, as API Gateway passes it on. */
function eventOf(number: number): APIGatewayProxyEvent {
  const part = { type: 'conversation_part', id: '3', part_type: 'comment', body: 'Lorem ipsum '.repeat(200) };
  const text = JSON.stringify({ ...JSON.parse(notification(`notif_${number}`)), conversation_parts: [part] });
  const headers = {
    'Content-Type': 'application/json',
    'User-Agent': 'intercom-parrot-service-client/1.0',
    'X-Forwarded-For': '54.216.9.3',
    'X-Hub-Signature': signatureOf(text, SECRET),
  };
  return {
    httpMethod: 'POST',
    path: '/webhook',
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    body: Buffer.from(text).toString('base64'),
    isBase64Encoded: true,
    requestContext: { requestId: `request-${number}`, identity: { sourceIp: '54.216.9.3' } },
  } as unknown as APIGatewayProxyEvent;
}
