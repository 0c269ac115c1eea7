import { CloudWatchLogsClient, type FilterLogEventsCommandInput } from '@aws-sdk/client-cloudwatch-logs';
import type { SyncLog } from '../../../bin/allowlist/sync-log';

/** A log that answers as CloudWatch Logs does: only records of the time that was asked for. Each record has its time, ISO 8601. */
export function logOf(records: readonly { readonly time: string }[]): SyncLog {
  const client = new CloudWatchLogsClient({});
  const answer =
    () =>
    async ({ input }: { readonly input: FilterLogEventsCommandInput | object }) => {
      const { startTime = 0, endTime = Number.POSITIVE_INFINITY } = input as FilterLogEventsCommandInput;
      const events = records
        .map(({ time, ...record }) => ({ timestamp: Date.parse(time), message: JSON.stringify(record) }))
        .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime);
      return { response: undefined, output: { $metadata: {}, events } };
    };
  client.middlewareStack.add(answer, { step: 'initialize' });
  return { client, logGroup: '/aws/lambda/sync' };
}
