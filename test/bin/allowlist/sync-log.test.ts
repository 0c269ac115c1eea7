import { CloudWatchLogsClient, type FilterLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import { readLatestRuns } from '../../../bin/allowlist/sync-log';
import type { RunRecord } from '../../../lambda/core/report/run-record';
import { HOUR_MS } from '../../../lambda/shared/time';
import { reportOf } from '../../core/report/builders';

const NOW = new Date('2026-11-24T10:15:00.000Z');

/** A log with one record for each of these ages in hours. */
function logOf(records: readonly (readonly [hours: number, record: RunRecord])[]) {
  const client = new CloudWatchLogsClient({});
  const answer =
    () =>
    async ({ input }: { readonly input: FilterLogEventsCommandInput | object }) => {
      const { startTime = 0 } = input as FilterLogEventsCommandInput;
      const events = records
        .map(([hours, record]) => ({ timestamp: NOW.getTime() - hours * HOUR_MS, message: JSON.stringify(record) }))
        .filter(({ timestamp }) => timestamp >= startTime);
      return { response: undefined, output: { $metadata: {}, events } };
    };
  client.middlewareStack.add(answer, { step: 'initialize' });
  return { client, logGroup: '/aws/lambda/sync' };
}

const idsIn = async (...records: Parameters<typeof logOf>[0]) =>
  (await readLatestRuns(logOf(records), NOW)).map(({ runId }) => runId);

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
