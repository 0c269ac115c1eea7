import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import pRetry from 'p-retry';
import * as v from 'valibot';
import { AllowlistError } from '../../shared/errors';
import { StateUnavailableError } from './errors';

/** Thrown when another run held the lease for longer than this run waited. */
export class LeaseHeldError extends AllowlistError {
  override readonly name = 'LeaseHeldError';

  constructor(options: ErrorOptions) {
    super(
      'Another sync is applying changes and did not finish in time. This run changed nothing. The ranges in force do not ' +
        'change, and the other run does the same work. Read its record in the log; if there is none, invoke the sync again in 6 minutes',
      options,
    );
  }
}

/** The lifetime of a lease that was not released. It exceeds the timeout of the function, so that two runs never write at the same time. */
export const LEASE_SECONDS = 6 * 60;
const LEASE_KEY = { kind: 'lease', id: 'sync' } as const;

export interface LeaseOptions {
  /** Attempts before giving up. @default 10, about 30 s in total */
  readonly tries?: number;
  /** Delay before the second attempt; doubled each time up to 5 s, with jitter. @default 500 ms */
  readonly backoffMs?: number;
  /** @default - the system's clock */
  readonly clock?: () => Date;
}

/** A held lease. */
export interface Lease {
  /** The state of the lease before it was acquired. */
  readonly before: LeaseState;
  release(): Promise<void>;
}

/** The lease as read: its last holder, and whether it is still held. */
export interface LeaseState {
  readonly last: string | undefined;
  readonly held: boolean;
}

const Item = v.object({ last: v.optional(v.string()), holder: v.optional(v.string()) });
const LeaseItem = v.object({ kind: v.literal(LEASE_KEY.kind), ...Item.entries });

/** Finds the lease among the items of the table. */
export function leaseIn(items: readonly unknown[]): LeaseState {
  return toState(items.find((item) => v.is(LeaseItem, item)));
}

/** Whether no run applied changes between two reads of the lease. */
export function isUntouched(seen: LeaseState, later: LeaseState): boolean {
  return !seen.held && !later.held && seen.last === later.last;
}

function toState(item: unknown): LeaseState {
  const { last, holder } = v.parse(v.fallback(Item, {}), item);
  return { last, held: holder !== undefined };
}

/**
 * Prevents two runs from applying changes at the same time. The later run waits for the lease, and fails if it does not get it.
 *
 * @throws LeaseHeldError @throws StateUnavailableError
 */
export async function acquireLease(
  client: DynamoDBDocumentClient,
  table: string,
  runId: string,
  { tries = 10, backoffMs = 500, clock = () => new Date() }: LeaseOptions = {},
): Promise<Lease> {
  // Lambda can deliver an event twice with the same id. Those are two holders.
  const holder = `${runId} ${randomUUID()}`;
  const before = await pRetry(() => tryAcquire(client, table, holder, clock()), {
    retries: tries - 1,
    minTimeout: backoffMs,
    maxTimeout: 5000,
    randomize: true,
    shouldRetry: ({ error }) => isHeld(error),
  }).catch((error: unknown) => {
    throw isHeld(error) ? new LeaseHeldError({ cause: error }) : new StateUnavailableError('write', table, error);
  });
  return { before, release: () => release(client, table, holder) };
}

async function tryAcquire(
  client: DynamoDBDocumentClient,
  table: string,
  holder: string,
  time: Date,
): Promise<LeaseState> {
  const now = Math.floor(time.getTime() / 1000);
  const { Attributes } = await client.send(
    new UpdateCommand({
      TableName: table,
      Key: LEASE_KEY,
      UpdateExpression: 'SET holder = :holder, #last = :holder, expiresAt = :expiresAt',
      // LAST is a reserved word of DynamoDB.
      ExpressionAttributeNames: { '#last': 'last' },
      // This run already holds the lease if the answer was lost and the SDK retries.
      ConditionExpression: 'attribute_not_exists(holder) OR expiresAt < :now OR holder = :holder',
      ExpressionAttributeValues: { ':holder': holder, ':expiresAt': now + LEASE_SECONDS, ':now': now },
      ReturnValues: 'ALL_OLD',
    }),
  );
  return toState(Attributes);
}

/** Releases the lease, unless it expired and another run holds it now. */
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
