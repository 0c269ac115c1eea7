import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dayFromToday, serveFeeds } from '../dev/feeds';
import { Env } from '../lambda/shared/constants';
import { groupTargets, type TargetKind } from '../lambda/shared/targets';
import { Account } from '../test/integration/fixtures';
import { type Moto, startMoto } from '../test/integration/moto';
import { answerOf, functionEnvironment, inScratchFolder } from './support';

/** The environment of a benchmark of the sync. */
export interface Emulated {
  /** A scratch folder, from which the feeds are served. */
  readonly home: string;
  readonly moto: Moto;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs an emulator and a publisher while the work runs. */
export function emulated<T>(work: (emulated: Emulated) => Promise<T>): Promise<T> {
  return inScratchFolder(async (home) => {
    const [moto, feeds] = [await startMoto(), await serveFeeds(home)];
    const settings = { [Env.intercomRegions]: 'us', [Env.feedBaseUrl]: feeds.baseUrl };
    try {
      return await work({ home, moto, env: { ...functionEnvironment(moto.proxy.endpoint, home), ...settings } });
    } finally {
      await feeds.stop();
      await moto.stop();
    }
  });
}

/** Single addresses that do not merge: every second one from 44.0.0.0 on. */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const value = 2 * i;
    return `44.${value >> 16}.${(value >> 8) & 255}.${value & 255}/32`;
  });
}

/** Publishes the ranges as the US feed. */
export async function publish(directory: string, ranges: readonly string[]): Promise<void> {
  const entries = ranges.map((range) => ({ range, region: 'US', service: 'INTERCOM-OUTBOUND' }));
  await mkdir(join(directory, 'us'), { recursive: true });
  const feed = { ip_ranges: entries, date: dayFromToday(0) };
  await writeFile(join(directory, 'us', 'intercom-ip-ranges.json'), JSON.stringify(feed));
}

/** Creates an account with a state table and these targets. @returns the environment variable that names the targets */
export async function makeAccount(moto: Moto, kinds: readonly TargetKind[], size: number): Promise<NodeJS.ProcessEnv> {
  await moto.reset();
  moto.prefixLists.looks = 0;
  const account = new Account(moto.direct);
  await account.makeStateTable('bench');
  const make = {
    'ip-set': (name: string) => account.makeIpSet(name, []),
    'security-group': (name: string) => account.makeGroup(name, [{ Key: 'intercom-allowlist', Value: '443' }]),
    'prefix-list': (name: string) => account.makePrefixList(name, size),
  };
  const made: Record<TargetKind, string[]> = { 'ip-set': [], 'security-group': [], 'prefix-list': [] };
  for (const [i, kind] of kinds.entries()) made[kind].push(await make[kind](`bench-${i}`));
  const named = (['ip-set', 'prefix-list'] as const).flatMap((kind) =>
    made[kind].map((id) => ({ kind, id, exclusive: true, ports: [] })),
  );
  return { [Env.targets]: JSON.stringify(groupTargets(named)) };
}

/** The time and memory of one invocation. */
export interface MeasuredInvocation {
  readonly seconds: number;
  /** Peak memory of the process, in MB. */
  readonly megabytes: number;
  readonly answer: unknown;
  /** The message of the error that the handler threw or answered. */
  readonly error: string | undefined;
}

const INVOKE = `
  const { handler } = require(process.argv[1]);
  const [event, milliseconds] = JSON.parse(process.argv[2]);
  const ends = performance.now() + milliseconds;
  const context = { awsRequestId: String(process.pid), getRemainingTimeInMillis: () => Math.round(ends - performance.now()) };
  const started = performance.now();
  const send = (result) => process.send({
    seconds: (performance.now() - started) / 1000,
    megabytes: process.resourceUsage().maxRSS / 1024,
    ...result,
  }, () => process.exit());
  handler(event, context).then((answer) => send({ answer, error: answer?.error ?? undefined }), (error) => send({ error: error.message }));
`;

/** Invokes a handler once in a new process, as Lambda does, with a timeout of 300 s. The time to load it is not measured. */
export function invokeInProcess(file: string, event: object, env: NodeJS.ProcessEnv): Promise<MeasuredInvocation> {
  return answerOf<MeasuredInvocation>(['-e', INVOKE, file, JSON.stringify([event, 300_000])], env);
}
