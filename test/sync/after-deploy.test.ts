import { SyncFailedError } from '../../lambda/core/report/errors';
import type { RunRecord, SyncMode, TargetResult } from '../../lambda/core/report/run-record';
import { runInDeploy } from '../../lambda/sync/after-deploy';
import { quietTarget, reportOf } from '../core/report/builders';

const EXCLUSIVE = 'exclusive-v4';

const target = (overrides: Partial<TargetResult>) => quietTarget({ id: EXCLUSIVE, ...overrides });
const report = (...targets: TargetResult[]) => reportOf({ targets });
const failed = (...targets: TargetResult[]) => reportOf({ outcome: 'failed', error: 'no access', targets });
const ofOthers = target({ id: 'sg-1', outcome: 'failed' });
const lacking = target({ outcome: 'planned', added: ['34.197.76.213/32'] });
/** Another run held the lease. */
const leaseHeld = failed(lacking);
/** The state table could not be read. */
const unread = reportOf({ outcome: 'failed', error: 'no table', feeds: [], targets: [] });

/** A deployment whose runs return these records, by mode. */
function deploy(endings: Partial<Record<SyncMode, RunRecord>>): Promise<void> {
  const run = async (mode: SyncMode) => {
    const ending = endings[mode];
    if (ending === undefined) throw new Error(`unexpected ${mode}`);
    return ending;
  };
  return runInDeploy(run, [EXCLUSIVE]);
}

describe('a deployment succeeds when', () => {
  it.each<[string, Parameters<typeof deploy>[0]]>([
    ['the run succeeded', { apply: report(target({})) }],
    ['a target that the stack did not create failed', { apply: failed(target({}), ofOthers) }],
    ['no feed could be read, but the targets contain ranges', { apply: failed(target({})) }],
    ['the entries of a set await approval', { apply: report(target({ outcome: 'awaiting-approval', planId: '0' })) }],
    ['another run holds the lease, and nothing is missing', { apply: leaseHeld, plan: report(target({})) }],
    [
      'another run holds the lease, and only a target that the stack did not create fails',
      { apply: leaseHeld, plan: failed(target({}), ofOthers) },
    ],
    [
      'another run holds the lease, and only a removal is missing',
      { apply: leaseHeld, plan: report(target({ outcome: 'planned', removed: ['34.0.0.1/32'] })) },
    ],
  ])('%s', async (_rule, endings) => {
    await expect(deploy(endings)).resolves.toBeUndefined();
  });
});

describe('a deployment fails with the reason of the run when', () => {
  it.each<[string, Parameters<typeof deploy>[0]]>([
    ['a set that the stack created failed', { apply: failed(target({ outcome: 'failed' })) }],
    [
      'another run holds the lease, and a set that the stack created lacks a range',
      { apply: leaseHeld, plan: report(lacking) },
    ],
    ['another run holds the lease, and the targets cannot be read', { apply: leaseHeld, plan: unread }],
    ['the state cannot be read', { apply: unread, plan: unread }],
    ['a set that the stack created was not found', { apply: failed(ofOthers) }],
  ])('%s', async (_rule, endings) => {
    await expect(deploy(endings)).rejects.toThrow(new SyncFailedError(endings.apply as RunRecord));
  });
});
