import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { AwsCalls } from '../shared/aws/aws';
import { messageOf } from '../shared/errors';
import { StateUnavailableError } from '../sync/state/errors';
import { type State, stateIn } from '../sync/state/items';
import { ANSWER_WITHIN_MS, readSyncLog, type SyncLog } from './log';

/** What was read, or why it could not be. */
export type Reading<T> = { readonly value: T } | { readonly error: string };

/** All that the widget knows. */
export interface Sources {
  readonly state: Reading<State>;
  readonly log: Reading<SyncLog>;
}

export interface SourcesOptions {
  readonly aws: AwsCalls;
  readonly stateTable: string;
  readonly syncLogGroup: string;
}

/** Reads both side by side. What can't be had of one does not hold up the other. */
export async function readSources({ aws, stateTable, syncLogGroup }: SourcesOptions, now: Date): Promise<Sources> {
  const [state, log] = await Promise.all([
    attempt(readState(aws, stateTable)),
    attempt(readSyncLog(aws, syncLogGroup, now)),
  ]);
  return { state, log };
}

async function readState(aws: AwsCalls, table: string): Promise<State> {
  try {
    return stateIn(await scan(aws, table));
  } catch (error) {
    throw new StateUnavailableError('read', table, error);
  }
}

type Item = Parameters<typeof unmarshall>[0];

/** A page of DynamoDB's answer to Scan. */
interface Page {
  readonly Items?: Item[];
  readonly LastEvaluatedKey?: object;
}

async function scan(aws: AwsCalls, TableName: string): Promise<unknown[]> {
  const items: unknown[] = [];
  let ExclusiveStartKey: object | undefined;
  do {
    const input = { TableName, ConsistentRead: true, ExclusiveStartKey };
    const page: Page = await aws.call('dynamodb', 'Scan', input, ANSWER_WITHIN_MS);
    for (const item of page.Items ?? []) items.push(unmarshall(withBytes(item)));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}

/** In DynamoDB's JSON bytes are base64, which `unmarshall` leaves as it is. */
function withBytes(item: Item): Item {
  const bytesOf = ({ B }: { B?: unknown }) => (typeof B === 'string' ? { B: Buffer.from(B, 'base64') } : undefined);
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, bytesOf(value) ?? value]));
}

async function attempt<T>(reading: Promise<T>): Promise<Reading<T>> {
  return reading.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: messageOf(error) }),
  );
}
