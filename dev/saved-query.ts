import { CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { queryText, type SavedQuery } from '../lib/observability/saved-queries';
import { clientConfig } from './closed-environment';
import type { Emulator } from './emulator';

/**
 * Runs a saved query over the last hour. The emulator supports only fields that begin with `@`, so the records are parsed from
 * `@message`.
 *
 * @returns the matching records, newest first
 */
export async function runSavedQuery(
  { endpoint }: Pick<Emulator, 'endpoint'>,
  query: SavedQuery,
  logGroupName: string,
): Promise<Record<string, unknown>[]> {
  const client = new CloudWatchLogsClient(clientConfig(endpoint));
  const now = Math.floor(Date.now() / 1000);
  const { queryId } = await client.send(
    new StartQueryCommand({
      logGroupName,
      queryString: queryText(query).replace('fields @timestamp', 'fields @timestamp, @message'),
      startTime: now - 3600,
      endTime: now + 60,
    }),
  );
  const { results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
  return results.map((row) => JSON.parse(row.find(({ field }) => field === '@message')?.value ?? 'null'));
}
