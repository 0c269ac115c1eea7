import { join } from 'node:path';
import type { TargetKind } from '../../lambda/sync/targets/target';
import type { Moto } from '../../test/emulated/moto';
import { bundle, ENTRIES } from '../bundles';
import { figureOf, table, withSpread } from '../figures';
import { functionEnvironment } from '../function-environment';
import type { BenchOptions, Part, PartResult } from '../part';
import { addresses, makeAccount, publish } from './account';
import { type Emulated, emulated } from './emulated';
import { type Invocation, invoke } from './invoke';

/** Ranges of a kind: a security group holds 60 rules, a prefix list 1,000 entries, an IP set 10,000 addresses. */
const SIZES: Readonly<Record<TargetKind, readonly number[]>> = {
  'ip-set': [12, 100, 1000, 10_000],
  'security-group': [12, 60],
  'prefix-list': [12, 100, 1000],
};
const WORK = ['first fill', 'no change', '1% change'] as const;
const REACH = 1.3;

type Work = (typeof WORK)[number];
type Who = 'sync' | 'floor';

/** One kind of target, of one size. */
interface Case {
  readonly kind: TargetKind;
  readonly size: number;
}

/** One invocation, and what it sent. */
interface Run extends Invocation {
  readonly calls: readonly string[];
  readonly bytes: number;
}

type Runs = Readonly<Record<Who, Readonly<Record<Work, Run[]>>>>;

/** What a run takes beside the calls that nothing can do without. */
export const sync: Part = {
  name: 'sync',
  title: 'What a run of the sync takes',
  run: (options) => emulated((around) => new Bench(around, options).measure()),
};

class Bench {
  readonly #files: Readonly<Record<Who, string>>;
  readonly #env: NodeJS.ProcessEnv;

  readonly #moto: Moto;
  readonly #home: string;

  constructor(
    { home, feedBaseUrl, moto }: Emulated,
    private readonly options: BenchOptions,
  ) {
    this.#home = home;
    this.#moto = moto;
    this.#files = { sync: join(home, 'sync.js'), floor: join(home, 'floor.js') };
    const own = { REGIONS: 'us', FEED_BASE_URL: feedBaseUrl };
    this.#env = { ...functionEnvironment(moto.proxy.endpoint, home), ...own };
  }

  async measure(): Promise<PartResult> {
    const { short, progress } = this.options;
    bundle(ENTRIES.sync, this.#files.sync);
    bundle(join(__dirname, 'floor.ts'), this.#files.floor);
    const all = Object.entries(SIZES).flatMap(([kind, sizes]) =>
      sizes.map((size): Case => ({ kind: kind as TargetKind, size })),
    );
    const results: [Case, Runs][] = [];
    for (const one of short ? all.filter(({ size }) => size === 12) : all) {
      progress(`${one.kind} of ${one.size} ranges`);
      results.push([one, await this.#measureCase(one, short ? 1 : 5)]);
    }
    return resultOf(results);
  }

  async #measureCase(one: Case, times: number): Promise<Runs> {
    const none = () => ({ 'first fill': [], 'no change': [], '1% change': [] });
    const runs: Runs = { sync: none(), floor: none() };
    for (let time = 0; time < times; time++) {
      for (const who of ['sync', 'floor'] as const) await this.#liveThrough(one, who, runs[who]);
    }
    return runs;
  }

  /** A first fill, a run with nothing to do, and a change, in one new account. */
  async #liveThrough({ kind, size }: Case, who: Who, runs: Runs[Who]): Promise<void> {
    const env = { ...this.#env, ...(await makeAccount(this.#moto, [kind], size)) };
    const change = Math.max(1, Math.round(size / 100));
    const all = addresses(size);
    for (const work of WORK) {
      // What is taken out stays for its grace, so a full target is changed by what it still has room for.
      const published = work === '1% change' ? all.slice(change) : all.slice(0, size - change);
      // A file that is written anew has a new ETag.
      if (work !== 'no change') await publish(this.#home, published);
      const event = who === 'sync' ? await this.#approvalOf(env) : {};
      this.#moto.proxy.clear();
      const run = await invoke(this.#files[who], event, env);
      if (run.error) throw new Error(`${who}, ${work} of ${kind} with ${size} ranges: ${run.error}`);
      const bytes = this.#moto.proxy.passed.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
      runs[work].push({ ...run, calls: [...this.#moto.proxy.calls], bytes });
    }
  }

  /** Over 256 new addresses wait for an approval, so the run that is measured is the one that has it. */
  async #approvalOf(env: NodeJS.ProcessEnv): Promise<object> {
    const { answer, error } = await invoke(this.#files.sync, { mode: 'plan' }, env);
    if (error) throw new Error(error);
    const { targets } = answer as { targets: { planId: string | null }[] };
    const planId = targets.find((target) => target.planId)?.planId;
    return planId ? { approve: planId } : {};
  }
}

function resultOf(results: readonly [Case, Runs][]): PartResult {
  const rows = results.flatMap(([one, runs]) => WORK.map((work) => ({ one, work, ...pairOf(runs, work) })));
  const slow = rows.filter(({ ratio }) => ratio > REACH);
  const more = rows.filter(({ ours, floor }) => (ours.calls.length ?? 0) > (floor.calls.length ?? 0));
  const named = (these: typeof rows) => these.map(({ one, work }) => `${work} of ${one.kind} ${one.size}`).join(', ');
  return {
    text: `One target, against an emulator on this machine, the true bundle in a new process, its load not counted. The floor is
\`bench/sync/floor.ts\`: the calls that nothing can do without, by the bare SDK, with no rule, no check and no report. A feed is one
GET more in each row. Calls that more than one hundred entries need count each. What exceeds the floor at 10,000 ranges is the work on
them: each is read, judged, merged, planned and put on record, in a process that has never done it before.

${table(
  ['', 'work', 'sync, s', 'floor, s', 'ratio', 'calls', 'floor', 'KB sent', 'floor', 'MB', 'floor'],
  rows.map(({ one, work, ours, floor, ratio }) => [
    `${one.kind} ${one.size}`,
    work,
    withSpread(ours.seconds, 3),
    withSpread(floor.seconds, 3),
    ratio.toFixed(2),
    String(ours.calls.length),
    String(floor.calls.length),
    ours.kilobytes.toFixed(1),
    floor.kilobytes.toFixed(1),
    ours.megabytes.median.toFixed(0),
    floor.megabytes.median.toFixed(0),
  ]),
)}

The calls by name:

${table(
  ['', 'work', 'calls'],
  rows.map(({ one, work, ours }) => [`${one.kind} ${one.size}`, work, counted(ours.calls)]),
)}`,
    reaches: [
      {
        text: `at most ${REACH} times the floor${slow.length > 0 ? `, but for ${named(slow)}` : ''}`,
        reached: slow.length === 0,
      },
      {
        text: `never more calls than the floor${more.length > 0 ? `, but for ${named(more)}` : ''}`,
        reached: more.length === 0,
      },
    ],
  };
}

function pairOf(runs: Runs, work: Work) {
  const [ours, floor] = [summaryOf(runs.sync[work]), summaryOf(runs.floor[work])];
  return { ours, floor, ratio: ours.seconds.median / floor.seconds.median };
}

function summaryOf(runs: readonly Run[]) {
  const [{ calls, bytes } = { calls: [], bytes: 0 }] = runs;
  const of = (key: 'seconds' | 'megabytes') => figureOf(runs.map((run) => run[key]));
  return { seconds: of('seconds'), megabytes: of('megabytes'), calls, kilobytes: bytes / 1000 };
}

/** `Scan, DescribeSecurityGroups, ModifyManagedPrefixList x 10` */
function counted(calls: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  return [...counts].map(([call, count]) => (count > 1 ? `${call} x ${count}` : call)).join(', ');
}
