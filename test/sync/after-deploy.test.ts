import { SyncFailedError } from '../../lambda/core/report/errors';
import type { RunRecord, SyncMode, TargetResult } from '../../lambda/core/report/run-record';
import { runInDeploy } from '../../lambda/sync/after-deploy';
import { quietTarget, reportOf } from '../core/report/builders';

const EXCLUSIVE = 'exclusive-v4';

const RANGE = '34.197.76.213/32';
const inForce = (ranges: number): Pick<TargetResult, 'byRegion'> => {
  const changes = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
  return { byRegion: ranges === 0 ? [] : [{ region: 'us', inForce: ranges, ...changes }] };
};
const target = (overrides: Partial<TargetResult>) => quietTarget({ id: EXCLUSIVE, ...inForce(2), ...overrides });
const empty = (overrides: Partial<TargetResult>) => target({ ...inForce(0), ...overrides });
const report = (...targets: TargetResult[]) => reportOf({ targets });
const failed = (...targets: TargetResult[]) => reportOf({ outcome: 'failed', error: 'no access', targets });
const ofOthers = quietTarget({ id: 'sg-1', outcome: 'failed' });
const lacking = { outcome: 'planned', added: [RANGE] } as const;
const awaiting = {
  outcome: 'awaiting-approval',
  planId: '0123456789ab',
  awaitingApproval: { added: [RANGE], removed: [] },
} as const;
/** Another run held the lease. */
const leaseHeld = failed(empty(lacking));
/** The state table could not be read. */
const unread = reportOf({ outcome: 'failed', error: 'no table', feeds: [], targets: [] });

/** A deployment whose runs return these records, by mode. */
function deploy(endings: Partial<Record<SyncMode, RunRecord>>, exclusive: readonly string[] = [EXCLUSIVE]) {
  const run = async (mode: SyncMode) => {
    const ending = endings[mode];
    if (ending === undefined) throw new Error(`unexpected ${mode}`);
    return ending;
  };
  return runInDeploy(run, exclusive);
}

describe('a deployment succeeds when', () => {
  it.each<[string, Parameters<typeof deploy>[0]]>([
    ['the run succeeded', { apply: report(target({})) }],
    ['no range is to be allowed in a set, such as one for IPv6', { apply: report(empty({})) }],
    ['a target that the stack did not create failed', { apply: failed(target({}), ofOthers) }],
    ['no feed could be read, but the targets contain ranges', { apply: failed(target({})) }],
    [
      'a set that contains ranges failed, such as one over its quota: a rollback would fail in the same way',
      { apply: failed(target({ outcome: 'failed' })) },
    ],
    ['new entries of a set that contains others await approval', { apply: report(target(awaiting)) }],
    ['another run holds the lease, and nothing is missing', { apply: leaseHeld, plan: report(target({})) }],
    [
      'another run holds the lease, and only a target that the stack did not create fails',
      { apply: leaseHeld, plan: failed(target({}), ofOthers) },
    ],
    [
      'another run holds the lease, and only a removal is missing',
      { apply: leaseHeld, plan: report(target({ outcome: 'planned', removed: ['34.0.0.1/32'] })) },
    ],
    [
      'another run holds the lease, and a set that contains ranges lacks one',
      { apply: leaseHeld, plan: report(target(lacking)) },
    ],
  ])('%s', async (_rule, endings) => {
    await expect(deploy(endings)).resolves.toBeUndefined();
  });

  it('the first entries of one set await approval, while another set of the stack contains ranges', async () => {
    const endings = { apply: report(target({}), empty({ ...awaiting, id: 'exclusive-v6' })) };
    await expect(deploy(endings, [EXCLUSIVE, 'exclusive-v6'])).resolves.toBeUndefined();
  });
});

describe('a deployment fails with the reason of the run when', () => {
  it.each<[string, Parameters<typeof deploy>[0]]>([
    ['a set that the stack created failed and is empty', { apply: failed(empty({ outcome: 'failed' })) }],
    [
      'another run holds the lease, and a set that the stack created is still empty',
      { apply: leaseHeld, plan: report(empty(lacking)) },
    ],
    ['another run holds the lease, and the targets cannot be read', { apply: leaseHeld, plan: unread }],
    ['the state cannot be read', { apply: unread, plan: unread }],
    ['a set that the stack created was not found', { apply: failed(ofOthers) }],
  ])('%s', async (_rule, endings) => {
    await expect(deploy(endings)).rejects.toThrow(new SyncFailedError(endings.apply as RunRecord));
  });
});

it('a deployment fails when everything awaits approval, before a web ACL blocks an endpoint, and says how to approve', async () => {
  const endings = { apply: report(empty(awaiting), empty({ id: 'exclusive-v6' })) };
  await expect(deploy(endings, [EXCLUSIVE, 'exclusive-v6'])).rejects.toThrow(
    'Sync run-1 left every target that the stack created without entries, because all ranges await approval. The deployment fails ' +
      'before an endpoint depends on them, because every notification would be blocked. Deploy again with --no-rollback, so that the ' +
      'targets stay; approve the plans with {"approve":"0123456789ab"}; then deploy once more',
  );
});
