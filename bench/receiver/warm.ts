/**
 * Calls a handler over and over in this process and sends what it took. Argument: the file of its bundle.
 */
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { eventsFrom } from './notification';

/** Times in milliseconds. */
export interface Warm {
  /** With several in flight, so that the core never waits. */
  readonly requestsPerSecond: number;
  /** Of this process, all threads. */
  readonly cpu: number;
  /** One at a time, as Lambda calls: the time in which the event loop was not waiting for AWS. */
  readonly ownP50: number;
  readonly ownP99: number;
  /** The same, with the waiting. */
  readonly wholeP50: number;
  readonly wholeP99: number;
}

type Handler = (event: APIGatewayProxyEvent) => Promise<APIGatewayProxyResult>;

const IN_FLIGHT = 8;
/** A hundredth is enough to see that it works. */
const SCALE = process.env.BENCH_SHORT ? 0.01 : 1;
const WARM_UP = 3000 * SCALE;
const THROUGHPUT_REQUESTS = 10_000 * SCALE;
const LATENCY_REQUESTS = 5000 * SCALE;

(async () => {
  const { handler } = require(process.argv[2] ?? '') as { handler: Handler };
  await callAll(handler, eventsFrom(0, WARM_UP));
  const throughput = await throughputOf(handler);
  const latency = await latencyOf(handler);
  process.send?.({ ...throughput, ...latency } satisfies Warm, () => process.exit());
})();

async function throughputOf(handler: Handler) {
  const events = eventsFrom(WARM_UP, THROUGHPUT_REQUESTS);
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  await callAll(handler, events);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { requestsPerSecond: events.length / seconds, cpu: (user + system) / 1000 / events.length };
}

async function callAll(handler: Handler, events: APIGatewayProxyEvent[]): Promise<void> {
  const left = events.values();
  const work = async () => {
    for (const event of left) await call(handler, event);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
}

async function latencyOf(handler: Handler) {
  const own: number[] = [];
  const whole: number[] = [];
  for (const event of eventsFrom(WARM_UP + THROUGHPUT_REQUESTS, LATENCY_REQUESTS)) {
    const loopBefore = performance.eventLoopUtilization();
    const started = performance.now();
    await call(handler, event);
    whole.push(performance.now() - started);
    own.push(performance.eventLoopUtilization(loopBefore).active);
  }
  const percentile = (values: number[], share: number) =>
    values.sort((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
  return {
    ownP50: percentile(own, 0.5),
    ownP99: percentile(own, 0.99),
    wholeP50: percentile(whole, 0.5),
    wholeP99: percentile(whole, 0.99),
  };
}

async function call(handler: Handler, event: APIGatewayProxyEvent): Promise<void> {
  const { statusCode } = await handler(event);
  if (statusCode !== 200) throw new Error(`Answered ${statusCode}`);
}
