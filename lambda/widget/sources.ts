import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { messageOf } from '../shared/errors';
import { type State, StateStore } from '../sync/state/store';
import { readSyncLog, type SyncLog } from './log';

/** What was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly error: string };

/** All that the widget knows. */
export interface Sources {
  readonly state: Reading<State>;
  readonly log: Reading<SyncLog>;
}

export interface SourcesOptions {
  readonly state: DynamoDBDocumentClient;
  readonly stateTable: string;
  readonly logs: CloudWatchLogsClient;
  readonly syncLogGroup: string;
}

/** Reads both side by side. What can't be had of one does not hold up the other. */
export async function readSources(
  { state, stateTable, logs, syncLogGroup }: SourcesOptions,
  now: Date,
): Promise<Sources> {
  const [readState, readLog] = await Promise.all([
    attempt(new StateStore(state, stateTable, 'widget').load()),
    attempt(readSyncLog(logs, syncLogGroup, now)),
  ]);
  return { state: readState, log: readLog };
}

async function attempt<T>(reading: Promise<T>): Promise<Reading<T>> {
  return reading.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: messageOf(error) }),
  );
}
