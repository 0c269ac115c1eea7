import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import pRetry from 'p-retry';
import { AllowlistError } from '../../shared/errors';
import { StateUnavailableError } from './errors';

/** Thrown when another run held the lease for longer than this one waited. */
export class LeaseHeldError extends AllowlistError {
  override readonly name = 'LeaseHeldError';

  constructor(options: ErrorOptions) {
    super(
      'Another sync is applying changes and did not finish in time. This run changed nothing; the other one does the same ' +
        'work, and the list in force stays in force. Look for its record; if there is none, invoke the sync again in 6 minutes',
      options,
    );
  }
}

/** How long a lease outlives the run that took it: longer than the function's timeout of 5 minutes. */
const LEASE_SECONDS = 6 * 60;
const LEASE_KEY = { kind: 'lease', id: 'sync' } as const;

export interface LeaseOptions {
  /** Tries before giving up. @default 10, some 30 s in all */
  readonly tries?: number;
  /** Wait before the second try; doubled each time up to 5 s, with jitter. @default 500 ms */
  readonly backoffMs?: number;
  /** @default - the system's clock */
  readonly clock?: () => Date;
}

/** A held lease. */
export interface Lease {
  release(): Promise<void>;
}

/**
 * Keeps two applying runs apart. The later one waits a little, then ends and says so.
 *
 * @throws LeaseHeldError @throws StateUnavailableError
 */
export async function acquireLease(
  client: DynamoDBDocumentClient,
  table: string,
  runId: string,
  { tries = 10, backoffMs = 500, clock = () => new Date() }: LeaseOptions = {},
): Promise<Lease> {
  // Lambda may deliver one event twice, under one id: those are two holders.
  const holder = `${runId} ${randomUUID()}`;
  await pRetry(() => tryAcquire(client, table, holder, clock()), {
    retries: tries - 1,
    minTimeout: backoffMs,
    maxTimeout: 5000,
    randomize: true,
    shouldRetry: ({ error }) => isHeld(error),
  }).catch((error: unknown) => {
    throw isHeld(error) ? new LeaseHeldError({ cause: error }) : new StateUnavailableError('write', table, error);
  });
  return { release: () => release(client, table, holder) };
}

async function tryAcquire(client: DynamoDBDocumentClient, table: string, holder: string, time: Date): Promise<void> {
  const now = Math.floor(time.getTime() / 1000);
  await client.send(
    new UpdateCommand({
      TableName: table,
      Key: LEASE_KEY,
      UpdateExpression: 'SET holder = :holder, expiresAt = :expiresAt',
      // Held by this one already, if the answer was lost and the SDK asks again.
      ConditionExpression: 'attribute_not_exists(holder) OR expiresAt < :now OR holder = :holder',
      ExpressionAttributeValues: { ':holder': holder, ':expiresAt': now + LEASE_SECONDS, ':now': now },
    }),
  );
}

/** Gives the lease up, unless it expired and another run has it now. */
async function release(client: DynamoDBDocumentClient, table: string, holder: string): Promise<void> {
  const giveUp = new UpdateCommand({
    TableName: table,
    Key: LEASE_KEY,
    UpdateExpression: 'REMOVE holder, expiresAt',
    ConditionExpression: 'holder = :holder',
    ExpressionAttributeValues: { ':holder': holder },
  });
  await client.send(giveUp).catch((error: unknown) => {
    if (!isHeld(error)) throw error;
  });
}

function isHeld(error: unknown): boolean {
  return error instanceof Error && error.name === 'ConditionalCheckFailedException';
}
