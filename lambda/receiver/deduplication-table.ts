import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Deadline } from './deadline';

/**
 * What became of a notification. `claimed`: somebody is bringing it to the bus, until a stated time; who has not said by then
 * what became of it is gone, and the next one may claim it.
 */
export type Phase = 'claimed' | 'overflowed' | 'published';

export type Settled = Exclude<Phase, 'claimed'>;

/** The right to bring one notification to the bus, while nobody else does. */
export interface Claim {
  /** Says for the rest of the 24 hours what became of it. @throws Error when AWS does not take it in time */
  settle(settled: Settled, deadline: Deadline): Promise<void>;
  /** Gives the right back: the next one that comes is as good as the first. @throws Error when AWS does not take it in time */
  release(deadline: Deadline): Promise<void>;
}

/** How a claim is to be made. */
export interface ClaimOptions {
  /** How long the claim stands if nothing is heard of it. */
  readonly ttlMs: number;
  readonly deadline: Deadline;
  /** Time that what follows the claim needs. */
  readonly reserveMs: number;
  /** @default webhook */
  readonly from?: 'webhook' | 'overflow';
}

/** A duplicate that comes later than this is a new one. */
const RECORDED_SECONDS = 24 * 60 * 60;

/** The ids of the last 24 hours, in a DynamoDB table of which they are the key. */
export class DeduplicationTable {
  constructor(
    private readonly dynamoDb: DynamoDBClient,
    private readonly table: string,
  ) {}

  /**
   * | in the table                                | a notification that comes in | one from the overflow     |
   * | ------------------------------------------- | ---------------------------- | ------------------------- |
   * | nothing, or older than 24 hours             | claims                       | claims                    |
   * | claimed, and the claim has run out          | claims                       | claims                    |
   * | claimed                                     | `claimed`                    | `claimed`                 |
   * | overflowed                                  | `overflowed`: a duplicate    | claims                    |
   * | published                                   | `published`: a duplicate     | `published`: a duplicate  |
   *
   * @throws Error when AWS does not take it in time
   */
  async claim(id: string, { ttlMs, deadline, reserveMs, from = 'webhook' }: ClaimOptions): Promise<Claim | Phase> {
    const claimedBy = randomUUID();
    const command = claimCommand(this.table, id, claimedBy, ttlMs, from);
    try {
      await deadline.hedgedCall(reserveMs, (abortSignal) => this.dynamoDb.send(command, { abortSignal }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // Only the answer of an earlier attempt was lost: its claim is ours.
      if (error.Item?.claimedBy?.S !== claimedBy) return (error.Item?.phase?.S as Phase | undefined) ?? 'claimed';
    }
    return this.#claimOf(id, claimedBy);
  }

  #claimOf(id: string, claimedBy: string): Claim {
    const input = { TableName: this.table, Key: { id: { S: id } }, ConditionExpression: 'claimedBy = :us' };
    const us = { ':us': { S: claimedBy } };
    return {
      settle: (settled, deadline) => {
        const ExpressionAttributeValues = { ...us, ':settled': { S: settled } };
        const UpdateExpression = 'SET phase = :settled';
        const command = new UpdateItemCommand({ ...input, UpdateExpression, ExpressionAttributeValues });
        return ifStillOurs(deadline.hedgedCall(0, (abortSignal) => this.dynamoDb.send(command, { abortSignal })));
      },
      release: (deadline) => {
        const command = new DeleteItemCommand({ ...input, ExpressionAttributeValues: us });
        return ifStillOurs(deadline.hedgedCall(0, (abortSignal) => this.dynamoDb.send(command, { abortSignal })));
      },
    };
  }
}

/** Puts the claim where nothing stands in its way, and answers what does otherwise. */
function claimCommand(
  TableName: string,
  id: string,
  claimedBy: string,
  ttlMs: number,
  from: ClaimOptions['from'],
): PutItemCommand {
  const now = Date.now();
  const nowSeconds = Math.floor(now / 1000);
  const fromOverflow = from === 'overflow';
  return new PutItemCommand({
    TableName,
    Item: {
      id: { S: id },
      phase: { S: 'claimed' satisfies Phase },
      claimedBy: { S: claimedBy },
      claimedUntil: { N: String(now + ttlMs) },
      expiresAt: { N: String(nowSeconds + RECORDED_SECONDS) },
    },
    // Items outlive their expiry by up to two days, so it is looked at here too.
    ConditionExpression: [
      'attribute_not_exists(id)',
      'expiresAt <= :nowSeconds',
      '(phase = :claimed AND claimedUntil <= :now)',
      ...(fromOverflow ? ['phase = :overflowed'] : []),
    ].join(' OR '),
    ExpressionAttributeValues: {
      ':now': { N: String(now) },
      ':nowSeconds': { N: String(nowSeconds) },
      ':claimed': { S: 'claimed' satisfies Phase },
      ...(fromOverflow ? { ':overflowed': { S: 'overflowed' satisfies Phase } } : {}),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
}

/** A claim that ran out and is somebody else's now is theirs to settle. */
async function ifStillOurs(update: Promise<unknown>): Promise<void> {
  try {
    await update;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
