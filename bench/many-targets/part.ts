import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetKind } from '../../lambda/sync/targets/target';
import type { Moto } from '../../test/emulated/moto';
import { bundle, ENTRIES } from '../bundles';
import { table } from '../figures';
import { functionEnvironment } from '../function-environment';
import type { BenchOptions, Part, PartResult } from '../part';
import { addresses, makeAccount, publish } from '../sync/account';
import { type Emulated, emulated } from '../sync/emulated';
import { invoke } from '../sync/invoke';
import { ApiRates, leastSeconds } from './api-rates';

/** Five hundred is what an account has at the most, where it has 100 IP sets and 100 prefix lists (the default quotas). */
const COUNTS = [1, 10, 100, 500];
/** How long AWS takes to answer a call, about. */
const LATENCY_MS = 30;
const RANGES = 12;
/** The function's, in seconds and MB. */
const TIMEOUT = 300;
const MEMORY = 512;

/** A first fill of so many targets. */
interface Fill {
  readonly targets: number;
  readonly seconds: number;
  /** What AWS's rates alone make of the calls that were not throttled. */
  readonly least: number;
  readonly megabytes: number;
  readonly calls: number;
  readonly throttled: number;
  readonly filled: number;
}

/** One run over many targets, at the rates that AWS allows. */
export const manyTargets: Part = {
  name: 'many-targets',
  title: 'How many targets one run carries',
  run: (options) => emulated((around) => measureAll(around, options)),
};

async function measureAll({ home, feedBaseUrl, moto }: Emulated, options: BenchOptions): Promise<PartResult> {
  const file = join(home, 'sync.js');
  bundle(ENTRIES.sync, file);
  await publish(home, addresses(RANGES));
  const own = { REGIONS: 'us', FEED_BASE_URL: feedBaseUrl };
  const env = { ...functionEnvironment(moto.proxy.endpoint, home), ...own };
  const fills: Fill[] = [];
  for (const targets of options.short ? [1, 10] : COUNTS) {
    options.progress(`${targets} targets`);
    fills.push(await fill(targets, file, env, moto));
  }
  return resultOf(fills);
}

async function fill(targets: number, file: string, env: NodeJS.ProcessEnv, moto: Moto): Promise<Fill> {
  const account = await makeAccount(moto, kindsOf(targets), RANGES);
  const rates = new ApiRates();
  moto.proxy.clear();
  moto.proxy.fault = rates.faults;
  moto.proxy.before = async () => {
    await sleep(LATENCY_MS);
  };
  const { seconds, megabytes, answer, error } = await invoke(file, {}, { ...env, ...account }, TIMEOUT * 1000);
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

function resultOf(fills: readonly Fill[]): PartResult {
  const worst = Math.max(...fills.map(({ calls, throttled }) => throttled / calls));
  const most = fills.at(-1);
  return {
    text: `A first fill with ${RANGES} ranges: a fifth of the targets are IP sets, a fifth prefix lists, the rest security groups. The proxy
before the emulator answers each call after ${LATENCY_MS} ms and throttles as AWS does: WAF takes one write and five reads a second of an
account, EC2 fifty changes and then five a second, a hundred reads and then twenty. The bound is what those rates alone make of the
calls, the reads being before the writes.

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

A run that does not come to its end in time says how many targets it did not reach, and the next one goes on there.`,
    reaches: [
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
