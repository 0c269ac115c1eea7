import { readLatestRuns } from '../../../bin/allowlist/sync-log';
import type { RunRecord } from '../../../lambda/core/report/run-record';
import { HOUR_MS } from '../../../lambda/shared/time';
import { reportOf } from '../../core/report/builders';
import { logOf } from './logs';

const NOW = new Date('2026-11-24T10:15:00.000Z');

/** The age of a record in hours, and the record. */
type Aged = readonly [hours: number, record: RunRecord];

const idsIn = async (...records: readonly Aged[]) => {
  const timed = records.map(([hours, record]) => ({
    ...record,
    time: new Date(NOW.getTime() - hours * HOUR_MS).toISOString(),
  }));
  return (await readLatestRuns(logOf(timed), NOW)).map(({ runId }) => runId);
};

describe('the latest runs', () => {
  const good = reportOf({ runId: 'good' });
  const plan = reportOf({ runId: 'plan', mode: 'plan' });
  const rejected = reportOf({ runId: 'rejected', feeds: [], targets: [], outcome: 'failed', error: 'payload' });

  it('are those of the last hours, if one of them applied and one read the targets', async () => {
    expect(await idsIn([1, good], [20, plan])).toEqual(['good']);
  });

  it('reach back to a run that read the targets, and to one that was not a plan', async () => {
    expect(await idsIn([1, rejected], [20, good])).toEqual(['good', 'rejected']);
    expect(await idsIn([1, plan], [100, good])).toEqual(['good', 'plan']);
  });

  it('are all runs of the last 30 days if none of them read the targets', async () => {
    expect(await idsIn([1, rejected], [100, rejected], [24 * 31, good])).toEqual(['rejected', 'rejected']);
  });
});
