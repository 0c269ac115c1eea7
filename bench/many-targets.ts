import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetKind } from '../lambda/shared/targets';
import type { Faults } from '../test/integration/fault-proxy';
import { addresses, type Emulated, emulated, invokeInProcess, makeAccount, publish } from './emulated';
import { type Benchmark, type BenchmarkOptions, functionFile, table } from './support';

/** The largest number assumes an account with 100 IP sets and 100 prefix lists, the default quotas. */
const COUNTS = [1, 10, 100, 500];
/** The approximate latency of an AWS call. */
const LATENCY_MS = 30;
const RANGES = 12;
/** Limits of the function, in seconds and MB. */
const TIMEOUT = 300;
const MEMORY = 512;

/** A first fill. */
interface Fill {
  readonly targets: number;
  readonly seconds: number;
  /** The least time in which AWS's request rates permit the calls that were not throttled. */
  readonly least: number;
  readonly megabytes: number;
  readonly calls: number;
  readonly throttled: number;
  readonly filled: number;
}

/** One run over many targets, at the rates that AWS allows. */
export const manyTargets: Benchmark = {
  name: 'many-targets',
  title: 'Many targets',
  run: (options) => emulated((around) => measureAll(around, options)),
};

async function measureAll({ home, env, moto }: Emulated, { short, progress }: BenchmarkOptions) {
  const file = functionFile('sync');
  await publish(home, addresses(RANGES));
  const fills: Fill[] = [];
  for (const targets of short ? [1, 10] : COUNTS) {
    progress(`${targets} targets`);
    fills.push(await fill(targets, file, env, moto));
  }
  return resultOf(fills);
}

async function fill(targets: number, file: string, env: NodeJS.ProcessEnv, moto: Emulated['moto']): Promise<Fill> {
  const account = await makeAccount(moto, kindsOf(targets), RANGES);
  const rates = new ApiRates();
  moto.proxy.clear();
  moto.proxy.fault = rates.faults;
  moto.proxy.before = async () => {
    await sleep(LATENCY_MS);
  };
  const { seconds, megabytes, answer, error } = await invokeInProcess(file, {}, { ...env, ...account });
  if (error) throw new Error(error);
  const { targets: reports } = answer as { targets: { outcome: string }[] };
  return {
    targets,
    seconds,
    least: leastSeconds(moto.proxy.passed.map(({ call }) => call)),
    megabytes,
    calls: moto.proxy.calls.length,
    throttled: rates.throttled.length,
    filled: reports.filter(({ outcome }) => outcome === 'changed').length,
  };
}

/** A fifth IP sets, a fifth prefix lists, the rest security groups; one alone is an IP set. */
function kindsOf(count: number): TargetKind[] {
  const mix: TargetKind[] = ['ip-set', 'security-group', 'prefix-list', 'security-group', 'security-group'];
  return Array.from({ length: count }, (_, i) => mix[i % mix.length] ?? 'ip-set');
}

function resultOf(fills: readonly Fill[]) {
  const worst = Math.max(...fills.map(({ calls, throttled }) => throttled / calls));
  const most = fills.at(-1);
  return {
    text: `A first fill with ${RANGES} ranges: a fifth of the targets are IP sets, a fifth prefix lists, the rest security groups. The proxy
before the emulator answers each call after ${LATENCY_MS} ms and throttles as AWS does: per account, WAF accepts one write and five reads
per second; EC2 accepts a burst of 50 changes and then five per second, and a burst of 100 reads and then 20 per second. The bound is
the least time that these rates permit for the calls, with all reads before the writes.

${table(
  ['targets', 'filled', 'seconds', 'bound, s', 'calls', 'throttled', 'MB'],
  fills.map(({ targets, filled, seconds, least, calls, throttled, megabytes }) => [
    String(targets),
    String(filled),
    seconds.toFixed(1),
    least.toFixed(1),
    String(calls),
    String(throttled),
    megabytes.toFixed(0),
  ]),
)}

A run that runs out of time reports how many targets it did not finish, and the next run continues with them.`,
    goals: [
      {
        text: `bounded by AWS's rates: ${most?.targets} targets in ${most?.seconds.toFixed(0)} s, the bound being ${most?.least.toFixed(0)} s`,
        reached: most !== undefined && most.seconds <= 1.3 * most.least,
      },
      {
        text: `no throttle storm: at most ${(100 * worst).toFixed(0)}% of the calls were throttled`,
        reached: worst <= 0.1,
      },
      {
        text: `inside the function's ${TIMEOUT} s and ${MEMORY} MB`,
        reached: fills.every(({ targets, filled, megabytes }) => filled === targets && megabytes < MEMORY),
      },
    ],
  };
}

/** A token bucket: a burst of calls, then a steady rate per second. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
  /** The answer of AWS to a call when the bucket is empty. */
  readonly code: string;
  readonly status: number;
}

const WAF = { code: 'ThrottlingException', status: 400 };
const EC2 = { code: 'RequestLimitExceeded', status: 503 };

/**
 * The request rates of AWS per account, Region and operation: WAF one write and five reads per second
 * (docs.aws.amazon.com/waf/latest/developerguide/limits.html), EC2 with token buckets
 * (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html).
 */
function rateOf(call: string): Rate | undefined {
  if (call === 'UpdateIPSet') return { burst: 1, perSecond: 1, ...WAF };
  if (call === 'GetIPSet') return { burst: 5, perSecond: 5, ...WAF };
  if (/^(Authorize|Revoke|Modify)/.test(call)) return { burst: 50, perSecond: 5, ...EC2 };
  if (/^(Describe|GetManaged)/.test(call)) return { burst: 100, perSecond: 20, ...EC2 };
  return undefined;
}

/** Throttles calls as AWS does, and counts them. */
class ApiRates {
  readonly throttled: string[] = [];
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  readonly faults: Faults = (call) => {
    const rate = rateOf(call);
    if (!rate || this.#take(call, rate)) return undefined;
    this.throttled.push(call);
    return { code: rate.code, status: rate.status };
  };

  #take(call: string, { burst, perSecond }: Rate): boolean {
    const now = performance.now();
    const bucket = this.#buckets.get(call) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    const isThere = tokens >= 1;
    this.#buckets.set(call, { tokens: isThere ? tokens - 1 : tokens, at: now });
    return isThere;
  }
}

/**
 * The least time, in seconds, in which these calls can be made. Each operation has a separate bucket, and all reads come before the
 * writes.
 */
function leastSeconds(calls: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  const waitOf = ([call, count]: [string, number]) => {
    const rate = rateOf(call);
    return rate ? Math.max(0, count - rate.burst) / rate.perSecond : 0;
  };
  const isRead = ([call]: [string, number]) => /^(Get|Describe)/.test(call);
  const longest = (these: [string, number][]) => Math.max(0, ...these.map(waitOf));
  const all = [...counts];
  return longest(all.filter(isRead)) + longest(all.filter((one) => !isRead(one)));
}
