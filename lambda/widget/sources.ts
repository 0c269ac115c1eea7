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

/** Reads both in parallel. If one is unavailable, the other is still shown. */
export async function readSources(
  { dynamoDb, logs, stateTable, syncLogGroup }: SourcesOptions,
  now: Date,
): Promise<Sources> {
  const [state, log] = await Promise.all([
    attempt(readState(dynamoDb, stateTable)),
    attempt(readRecentActivity(logs, syncLogGroup, now)),
  ]);
  return { state, log };
}

async function readState(dynamoDb: DynamoDBClient, table: string): Promise<State> {
  try {
    return stateIn(await scan(dynamoDb, table));
  } catch (error) {
    throw new StateUnavailableError('read', table, error);
  }
}

async function scan(client: DynamoDBClient, TableName: string): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName, ConsistentRead: true })) {
    items.push(...Items.map((item) => unmarshall(item)));
  }
  return items;
}

async function attempt<T>(reading: Promise<T>): Promise<Reading<T>> {
  return reading.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: messageOf(error) }),
  );
}
