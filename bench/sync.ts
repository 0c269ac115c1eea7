import { join } from 'node:path';
import { build } from 'esbuild';
import { Env } from '../lambda/shared/constants';
import type { TargetKind } from '../lambda/shared/targets';
import {
  addresses,
  type Emulated,
  emulated,
  invokeInProcess,
  type MeasuredInvocation,
  makeAccount,
  publish,
} from './emulated';
import { makeGuards } from './guards';
import { type Benchmark, type BenchmarkOptions, figureOf, functionFile, table, withSpread } from './support';

/** Numbers of ranges per kind: a security group can have 60 rules, a prefix list 1,000 entries, an IP set 10,000 addresses. */
const SIZES: Readonly<Record<TargetKind, readonly number[]>> = {
  'ip-set': [12, 100, 1000, 10_000],
  'security-group': [12, 60],
  'prefix-list': [12, 100, 1000],
};
const WORK = ['first fill', 'no change', '1% change'] as const;
const MAX_RATIO = 1.3;
/** The goal for the ratio applies up to this number of ranges. */
const MAX_RANGES = 1000;

type Work = (typeof WORK)[number];
type Who = 'candidate' | 'baseline';

interface Case {
  readonly kind: TargetKind;
  readonly size: number;
  /** Whether the run also checks the guards of the default ingress. @default false */
  readonly guarded?: boolean;
}

interface Run extends MeasuredInvocation {
  readonly calls: readonly string[];
}

type Runs = Readonly<Record<Who, Readonly<Record<Work, Run[]>>>>;
type Files = Readonly<Record<Who, string>>;

/** A run in comparison with the calls that every sync needs. */
export const syncBenchmark: Benchmark = {
  name: 'sync',
  title: 'Sync',
  run: (options) => emulated((around) => measure(around, options)),
};

async function measure(around: Emulated, { short, progress }: BenchmarkOptions) {
  const files = { candidate: functionFile('sync'), baseline: await buildBaseline(around.home) };
  const all = Object.entries(SIZES).flatMap(([kind, sizes]) =>
    sizes.map((size): Case => ({ kind: kind as TargetKind, size })),
  );
  all.push({ kind: 'ip-set', size: 12, guarded: true });
  const results: [Case, Runs][] = [];
  for (const one of short ? all.filter(({ size }) => size === 12) : all) {
    progress(`${one.kind} of ${one.size} ranges`);
    results.push([one, await measureCase(around, files, one, short ? 1 : 5)]);
  }
  return resultOf(results);
}

async function buildBaseline(folder: string): Promise<string> {
  const outfile = join(folder, 'baseline.js');
  const [entry, mainFields] = [join(__dirname, 'sync-baseline.ts'), ['module', 'main']];
  await build({ entryPoints: [entry], outfile, bundle: true, minify: true, platform: 'node', mainFields });
  return outfile;
}

async function measureCase(around: Emulated, files: Files, one: Case, times: number): Promise<Runs> {
  const none = () => ({ 'first fill': [], 'no change': [], '1% change': [] });
  const runs: Runs = { candidate: none(), baseline: none() };
  for (let time = 0; time < times; time++) {
    await runThrough(around, one, files.candidate, approvalOf, runs.candidate);
    await runThrough(around, one, files.baseline, async () => ({}), runs.baseline);
  }
  return runs;
}

/** A first fill, a run with nothing to do, and a change, in a new account. */
async function runThrough(
  { moto, home, env: shared }: Emulated,
  { kind, size, guarded = false }: Case,
  file: string,
  eventFor: (file: string, env: NodeJS.ProcessEnv) => Promise<object>,
  runs: Runs[Who],
): Promise<void> {
  const account = await makeAccount(moto, [kind], size);
  const guards = guarded ? { [Env.guards]: JSON.stringify(await makeGuards(moto)) } : {};
  const env = { ...shared, ...account, ...guards };
  const change = Math.max(1, Math.round(size / 100));
  const all = addresses(size);
  for (const work of WORK) {
    // Removed ranges remain for the grace period, so the change only adds as many ranges as fit.
    const published = work === '1% change' ? all.slice(change) : all.slice(0, size - change);
    // Writing the file again changes its ETag.
    if (work !== 'no change') await publish(home, published);
    const event = await eventFor(file, env);
    moto.proxy.clear();
    const run = await invokeInProcess(file, event, env);
    if (run.error) throw new Error(`${file}, ${work} of ${kind} with ${size} ranges: ${run.error}`);
    runs[work].push({ ...run, calls: [...moto.proxy.calls] });
  }
}

/** Over 256 new addresses wait for approval, so the measured run is the approved one. */
async function approvalOf(file: string, env: NodeJS.ProcessEnv): Promise<object> {
  const { answer, error } = await invokeInProcess(file, { mode: 'plan' }, env);
  if (error) throw new Error(error);
  const { targets } = answer as { targets: { planId: string | null }[] };
  const planId = targets.find((target) => target.planId)?.planId;
  return planId ? { approve: planId } : {};
}

function resultOf(results: readonly [Case, Runs][]) {
  const rows = results.flatMap(([one, runs]) => WORK.map((work) => ({ ...one, work, ...compare(runs, work) })));
  const slow = rows.filter(({ ratio, size }) => size <= MAX_RANGES && ratio > MAX_RATIO);
  const more = rows.filter(({ candidate, baseline }) => candidate.calls > baseline.calls);
  const exceptions = (these: typeof rows) =>
    these.length > 0
      ? `, except ${these.map(({ kind, size, guarded, work }) => `${work} of ${kind} ${size}${guarded ? ' and guards' : ''}`).join(', ')}`
      : '';
  return {
    text: `One target in an emulator on this machine. Each run has a new process, whose loading time is not measured. The baseline makes
only the calls that every sync needs, with the plain SDK: no rules, no checks, no report. The calls do not include the feed request.

${table(
  ['', 'work', 'sync, s', 'baseline, s', 'ratio', 'calls', 'baseline', 'MB', 'baseline'],
  rows.map(({ kind, size, guarded, work, candidate, baseline, ratio }) => [
    `${kind} ${size}${guarded ? ' and guards' : ''}`,
    work,
    withSpread(candidate.seconds, 3),
    withSpread(baseline.seconds, 3),
    ratio.toFixed(2),
    String(candidate.calls),
    String(baseline.calls),
    candidate.megabytes.median.toFixed(0),
    baseline.megabytes.median.toFixed(0),
  ]),
)}`,
    goals: [
      {
        text: `at most ${MAX_RATIO} times the baseline up to ${MAX_RANGES} ranges${exceptions(slow)}`,
        reached: slow.length === 0,
      },
      { text: `never more calls than the baseline${exceptions(more)}`, reached: more.length === 0 },
    ],
  };
}

function compare(runs: Runs, work: Work) {
  const [candidate, baseline] = [summaryOf(runs.candidate[work]), summaryOf(runs.baseline[work])];
  return { candidate, baseline, ratio: candidate.seconds.median / baseline.seconds.median };
}

function summaryOf(runs: readonly Run[]) {
  const of = (key: 'seconds' | 'megabytes') => figureOf(runs.map((run) => run[key]));
  return { seconds: of('seconds'), megabytes: of('megabytes'), calls: runs[0]?.calls.length ?? 0 };
}
