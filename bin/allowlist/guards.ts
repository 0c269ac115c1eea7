import type { GuardAssessment } from '../../lambda/core/guards/assessment';
import { decideRequest } from '../../lambda/core/guards/web-acl';
import type { Range } from '../../lambda/core/ranges/range';
import type { GuardResult } from '../../lambda/core/report/run-record';
import type { GuardSetting } from '../../lambda/shared/guards';
import { AWS_CLIENT } from '../../lambda/sync/clients';
import { checkGuards } from '../../lambda/sync/guards/check';
import { makeGuardClients } from '../../lambda/sync/guards/guard';
import { webAclInFrontOf } from '../../lambda/sync/guards/web-acl';
import type { Settings } from '../../lambda/sync/settings';
import { isDenied, noteCalls } from './aws-errors';
import { formatError } from './errors';
import type { WebAclAnswer } from './explanation';
import type { Session } from './session';
import type { LoggedRun } from './sync-log';
import type { TargetInForce } from './targets';
import { dayAndTime } from './time';

/**
 * Checks the guards as every run does, with the operator's permissions. Of a guard that the operator may not read, the result of the
 * newest run is reported.
 *
 * @param latestRuns the newest last
 */
export async function readGuards(
  { guards }: Pick<Settings, 'guards'>,
  session: Session,
  now: Date,
  latestRuns: Promise<readonly LoggedRun[]>,
): Promise<GuardResult[]> {
  const clients = makeGuardClients(AWS_CLIENT, session);
  for (const client of Object.values(clients)) noteCalls(client);
  const denied = new Set<GuardSetting>();
  const unread = (guard: GuardSetting, error: unknown): GuardAssessment => {
    if (isDenied(error)) denied.add(guard);
    const problem = `It could not be read, so nobody knows whether it guards: ${formatError(error)}. Run the command again`;
    return { outcome: 'unknown', problems: [problem], notes: [] };
  };
  const results = await checkGuards(guards, { clients, now }, unread);
  const runs = await latestRuns;
  return guards.flatMap((guard, i) => (denied.has(guard) ? guardInLog(guard, runs) : (results[i] ?? [])));
}

/** A guard as the newest run that checked it reported it. That the operator may not read it is no problem of the guard. */
export function guardInLog(
  { kind, id }: Pick<GuardResult, 'kind' | 'id'>,
  latestRuns: readonly LoggedRun[],
): GuardResult {
  const found = latestRuns.flatMap(({ time, guards }) =>
    guards.filter((guard) => guard.kind === kind && guard.id === id).map((result) => ({ time, result })),
  );
  const newest = found.at(-1);
  if (newest === undefined) {
    const note = 'Your credentials may not read it, and no recent run has checked it. The next run checks it';
    return { kind, id, outcome: 'unknown', problems: [], notes: [note] };
  }
  const { time, result } = newest;
  const source = `as of ${dayAndTime(time)}, by the sync; your credentials may not read it`;
  return {
    ...result,
    problems: result.problems.map((problem) => `${problem} (${source})`),
    notes: [...result.notes, source],
  };
}

/** Evaluates, for each resource, how its web ACL treats requests from an address. */
export function askWebAcls(
  range: Range,
  { guards }: Pick<Settings, 'guards'>,
  targets: readonly TargetInForce[],
  session: Session,
): Promise<WebAclAnswer[]> {
  const sets = targets.filter(({ kind, error }) => kind === 'ip-set' && error === null);
  const contents = new Map(sets.map(({ id, entries }) => [id, entries.map((entry) => entry.range)]));
  const resources = guards.flatMap((guard) => (guard.kind === 'web-acl' ? guard.protects : []));
  return Promise.all(resources.map((resource) => askWebAcl(resource, range, contents, session)));
}

async function askWebAcl(
  resource: string,
  range: Range,
  contents: ReadonlyMap<string, readonly Range[]>,
  { waf }: Session,
): Promise<WebAclAnswer> {
  try {
    const acl = await webAclInFrontOf(resource, waf);
    if (!acl)
      return { resource, passes: true, sentence: `No web ACL is in front of ${resource}, so nothing blocks it there` };
    const { passes, why } = decideRequest(acl, range, contents);
    const does = passes ? 'allows it' : 'blocks it';
    return { resource, passes, sentence: `Web ACL ${acl.name} in front of ${resource} ${does}: ${why}` };
  } catch (error) {
    return {
      resource,
      passes: null,
      sentence: `The web ACL in front of ${resource} could not be read: ${formatError(error)}`,
    };
  }
}
