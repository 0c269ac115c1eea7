import { decideRequest } from '../../lambda/core/guards/web-acl';
import type { Range } from '../../lambda/core/ranges/range';
import type { GuardResult } from '../../lambda/core/report/run-record';
import { AWS_CLIENT } from '../../lambda/sync/clients';
import { checkGuards } from '../../lambda/sync/guards/check';
import { makeGuardClients } from '../../lambda/sync/guards/guard';
import { webAclInFrontOf } from '../../lambda/sync/guards/web-acl';
import type { Settings } from '../../lambda/sync/settings';
import { formatError } from './errors';
import type { WebAclAnswer } from './explanation';
import type { Session } from './session';
import type { TargetInForce } from './targets';

/** Checks the guards as every run does, with the operator's permissions. */
export function readGuards({ guards }: Settings, session: Session, now: Date): Promise<GuardResult[]> {
  return checkGuards(guards, { clients: makeGuardClients(AWS_CLIENT, session), now });
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
      return { resource, passes: true, sentence: `No web ACL is in front of ${resource}, so it gets through there` };
    const { passes, why } = decideRequest(acl, range, contents);
    const does = passes ? 'lets it through' : 'blocks it';
    return { resource, passes, sentence: `Web ACL ${acl.name} in front of ${resource} ${does}: ${why}` };
  } catch (error) {
    return {
      resource,
      passes: null,
      sentence: `The web ACL in front of ${resource} could not be read: ${formatError(error)}`,
    };
  }
}
