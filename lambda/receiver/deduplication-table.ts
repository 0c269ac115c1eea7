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
 * The state of a notification. `claimed`: an instance is delivering it, until a stated time. If the instance has not settled the
 * claim by then, it is gone, and another may claim the notification.
 */
export type Phase = 'claimed' | 'overflowed' | 'published';

export type Settled = Exclude<Phase, 'claimed'>;

/** The exclusive right to deliver one notification. */
export interface Claim {
  /** Records the result for the rest of the 24 hours. @throws Error when DynamoDB does not accept it in time */
  settle(settled: Settled, deadline: Deadline): Promise<void>;
  /** Deletes the claim, so that a retry is treated as new. @throws Error when DynamoDB does not accept it in time */
  release(deadline: Deadline): Promise<void>;
}

/** How to make a claim. */
export interface ClaimOptions {
  /** How long the claim is valid if it is never settled. */
  readonly ttlMs: number;
  readonly deadline: Deadline;
  /** @default webhook */
  readonly from?: 'webhook' | 'overflow';
}

/** A duplicate that comes later than this is treated as new. */
const RECORDED_SECONDS = 24 * 60 * 60;

/** The notification ids of the last 24 hours, in a DynamoDB table. */
export class DeduplicationTable {
  constructor(
    private readonly dynamoDb: DynamoDBClient,
    private readonly table: string,
  ) {}

  /**
   * | in the table                                | from the webhook             | from the overflow         |
   * | ------------------------------------------- | ---------------------------- | ------------------------- |
   * | nothing, or older than 24 hours             | claims                       | claims                    |
   * | claimed, and the claim has expired          | claims                       | claims                    |
   * | claimed                                     | `claimed`                    | `claimed`                 |
   * | overflowed                                  | `overflowed`: a duplicate    | claims                    |
   * | published                                   | `published`: a duplicate     | `published`: a duplicate  |
   *
   * @throws Error when DynamoDB does not accept it in time
   */
  async claim(id: string, { ttlMs, deadline, from = 'webhook' }: ClaimOptions): Promise<Claim | Phase> {
    const claimedBy = randomUUID();
    const command = claimCommand(this.table, id, claimedBy, ttlMs, from);
    try {
      await deadline.hedgedCall((abortSignal) => this.dynamoDb.send(command, { abortSignal }));
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // An earlier attempt of this call took effect, and only its answer was lost.
      if (error.Item?.claimedBy?.S !== claimedBy) return (error.Item?.phase?.S as Phase | undefined) ?? 'claimed';
    }
    return this.#claimOf(id, claimedBy);
  }

  #claimOf(id: string, claimedBy: string): Claim {
    const input = { TableName: this.table, Key: { id: { S: id } }, ConditionExpression: 'claimedBy = :me' };
    const me = { ':me': { S: claimedBy } };
    return {
      settle: (settled, deadline) => {
        const ExpressionAttributeValues = { ...me, ':settled': { S: settled } };
        const UpdateExpression = 'SET phase = :settled';
        const command = new UpdateItemCommand({ ...input, UpdateExpression, ExpressionAttributeValues });
        return ifStillClaimed(deadline.hedgedCall((abortSignal) => this.dynamoDb.send(command, { abortSignal })));
      },
      release: (deadline) => {
        const command = new DeleteItemCommand({ ...input, ExpressionAttributeValues: me });
        return ifStillClaimed(deadline.hedgedCall((abortSignal) => this.dynamoDb.send(command, { abortSignal })));
      },
    };
  }
}

/** Writes the claim unless an item prevents it, and returns that item otherwise. */
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
    // DynamoDB deletes items up to two days after they expire, so the expiry is checked here too.
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

/** Does nothing if the claim expired and another instance has claimed the id since. */
async function ifStillClaimed(update: Promise<unknown>): Promise<void> {
  try {
    await update;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
