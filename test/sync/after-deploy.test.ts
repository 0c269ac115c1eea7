import type { RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import { SyncFailedError } from '../../lambda/core/report/summary';
import { runInDeploy } from '../../lambda/sync/after-deploy';
import type { SyncMode } from '../../lambda/sync/settings';
import { LeaseHeldError } from '../../lambda/sync/state/lease';
import { quietTarget } from '../core/report/builders';

const EXCLUSIVE = 'own-v4';

const target = (overrides: Partial<TargetResult>) => quietTarget({ id: EXCLUSIVE, ...overrides });

function report(targets: TargetResult[]): RunRecord {
  const ranges = ['34.197.76.213/32'];
  const feed = { region: 'us', status: 'fresh', date: null, ranges, rejected: [], error: null } as const;
  return { runId: 'run', mode: 'apply', outcome: 'in-sync', feeds: [feed], targets, error: null };
}

const failed = (targets: TargetResult[]) => new SyncFailedError(report(targets));
const leaseHeld = new LeaseHeldError({});
const theirs = target({ id: 'sg-1', outcome: 'failed' });
const lacking = target({ outcome: 'planned', added: ['34.197.76.213/32'] });

/** Runs with these endings, by mode. */
function deploy(endings: Partial<Record<SyncMode, RunRecord | Error>>): Promise<void> {
  const run = async (mode: SyncMode) => {
    const ending = endings[mode];
    if (ending === undefined || ending instanceof Error) throw ending ?? new Error(`unexpected ${mode}`);
    return ending;
  };
  return runInDeploy(run, [EXCLUSIVE]);
}

describe('a deploy goes on when', () => {
  it.each<[string, Parameters<typeof deploy>[0]]>([
    ['the run went well', { apply: report([target({})]) }],
    ['a target of somebody else failed', { apply: failed([target({}), theirs]) }],
    ['no feed could be had, but something is in force', { apply: failed([target({})]) }],
    [
      'what would fill a set waits for an approval',
      { apply: report([target({ outcome: 'awaiting-approval', planId: '0' })]) },
    ],
    ['another run holds the lease, and nothing is missing', { apply: leaseHeld, plan: report([target({})]) }],
    ['another run holds the lease, and only theirs fails', { apply: leaseHeld, plan: failed([target({}), theirs]) }],
    [
      'another run holds the lease, and only a removal is left to it',
      { apply: leaseHeld, plan: report([target({ outcome: 'planned', removed: ['34.0.0.1/32'] })]) },
    ],
  ])('%s', async (_rule, endings) => {
    await expect(deploy(endings)).resolves.toBeUndefined();
  });
});

describe('a deploy fails, with what the run threw, when', () => {
  const exclusiveFailed = failed([target({ outcome: 'failed' })]);
  const broken = new Error('broken');
  it.each<[string, Parameters<typeof deploy>[0], Error]>([
    ['an own set failed', { apply: exclusiveFailed }, exclusiveFailed],
    [
      'another run holds the lease, and an own set lacks a range',
      { apply: leaseHeld, plan: report([lacking]) },
      leaseHeld,
    ],
    ['another run holds the lease, and nobody can tell', { apply: leaseHeld, plan: broken }, leaseHeld],
    ['the run broke otherwise', { apply: broken }, broken],
  ])('%s', async (_rule, endings, error) => {
    await expect(deploy(endings)).rejects.toBe(error);
  });
});
