import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { messageOf } from '../shared/errors';
import { StateUnavailableError } from '../sync/state/errors';
import { type State, stateIn } from '../sync/state/items';
import { type RecentActivity, readRecentActivity } from './log';

/** What was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly error: string };

/** The sources of the widget. */
export interface Sources {
  readonly state: Reading<State>;
  readonly log: Reading<RecentActivity>;
}

export interface SourcesOptions {
  readonly dynamoDb: DynamoDBClient;
  readonly logs: CloudWatchLogsClient;
  readonly stateTable: string;
  readonly syncLogGroup: string;
}

/** What the timeout of the function, 10 seconds, leaves for reading all pages. */
const READING_MS = 8000;

/**
 * Reads both in parallel. If one is unavailable, the other is still shown.
 *
 * @param signal ends the reading
 */
export async function readSources(
  { dynamoDb, logs, stateTable, syncLogGroup }: SourcesOptions,
  now: Date,
  signal = AbortSignal.timeout(READING_MS),
): Promise<Sources> {
  const [state, log] = await Promise.all([
    attempt(readState(dynamoDb, stateTable, signal), signal),
    attempt(readRecentActivity(logs, syncLogGroup, now, signal), signal),
  ]);
  return { state, log };
}

async function readState(dynamoDb: DynamoDBClient, table: string, signal: AbortSignal): Promise<State> {
  try {
    return stateIn(await scan(dynamoDb, table, signal));
  } catch (error) {
    throw new StateUnavailableError('read', table, error);
  }
}

async function scan(client: DynamoDBClient, TableName: string, abortSignal: AbortSignal): Promise<unknown[]> {
  const items: unknown[] = [];
  const pages = paginateScan({ client }, { TableName, ConsistentRead: true }, { abortSignal });
  for await (const { Items = [] } of pages) items.push(...Items.map((item) => unmarshall(item)));
  return items;
}

async function attempt<T>(reading: Promise<T>, signal: AbortSignal): Promise<Reading<T>> {
  return reading.then(
    (value) => ({ value }),
    (error: unknown) => ({
      error: signal.aborted ? 'AWS did not answer in time. Refresh the widget' : messageOf(error),
    }),
  );
}
