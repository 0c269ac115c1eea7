import { randomUUID } from 'node:crypto';
import { AwsCallError, type AwsCalls } from '../shared/aws/aws';

/**
 * What became of a notification. `claimed`: somebody is bringing it to the bus, until a stated time; who has not said by then
 * what became of it is gone, and the next one may claim it.
 */
export type Phase = 'claimed' | 'overflowed' | 'published';

export type Settled = Exclude<Phase, 'claimed'>;

/** The right to bring one notification to the bus, while nobody else does. */
export interface Claim {
  /** Says for the rest of the 24 hours what became of it. @throws AwsCallError */
  settle(settled: Settled): Promise<void>;
  /** Gives the right back: the next one that comes is as good as the first. @throws AwsCallError */
  release(): Promise<void>;
}

interface Item {
  readonly phase?: { readonly S?: Phase };
  readonly claimedBy?: { readonly S?: string };
}

/** A duplicate that comes later than this is a new one. */
const REMEMBERED_SECONDS = 24 * 60 * 60;
const CALL_WITHIN_MS = 600;

/** The ids of the last 24 hours, in a DynamoDB table of which they are the key. */
export class DeduplicationTable {
  constructor(
    private readonly aws: AwsCalls,
    private readonly table: string,
  ) {}

  /**
   * | in the table                                | a notification that comes in | one that comes from the overflow |
   * | ------------------------------------------- | ---------------------------- | ----------------------------- |
   * | nothing, or older than 24 hours             | claims                       | claims                        |
   * | claimed, and the claim has run out          | claims                       | claims                        |
   * | claimed                                     | `claimed`                    | `claimed`                     |
   * | overflowed                                     | `overflowed`: a duplicate       | claims                        |
   * | published                                   | `published`: a duplicate     | `published`: a duplicate      |
   *
   * @param ttlMs how long the claim stands if nothing is heard of it
   * @throws AwsCallError
   */
  async claim(id: string, ttlMs: number, from: 'outside' | 'overflow' = 'outside'): Promise<Claim | Phase> {
    const claimedBy = randomUUID();
    const now = Date.now();
    const input = {
      TableName: this.table,
      Item: {
        id: { S: id },
        phase: { S: 'claimed' satisfies Phase },
        claimedBy: { S: claimedBy },
        claimedUntil: { N: String(now + ttlMs) },
        expiresAt: { N: String(Math.floor(now / 1000) + REMEMBERED_SECONDS) },
      },
      // Items outlive their expiry by up to two days, so it is looked at here too.
      ConditionExpression: [
        'attribute_not_exists(id)',
        'expiresAt <= :nowSeconds',
        '(phase = :claimed AND claimedUntil <= :now)',
        ...(from === 'overflow' ? ['phase = :overflowed'] : []),
      ].join(' OR '),
      ExpressionAttributeValues: {
        ':now': { N: String(now) },
        ':nowSeconds': { N: String(Math.floor(now / 1000)) },
        ':claimed': { S: 'claimed' satisfies Phase },
        ...(from === 'overflow' ? { ':overflowed': { S: 'overflowed' satisfies Phase } } : {}),
      },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    const seen = await this.#unlessConditionFails('PutItem', input);
    // The first try may have been answered too late: then the second finds the first one's claim, which is ours.
    if (seen === undefined || seen.claimedBy?.S === claimedBy) return this.#claimOf(id, claimedBy);
    return seen.phase?.S ?? 'claimed';
  }

  #claimOf(id: string, claimedBy: string): Claim {
    const ours = {
      TableName: this.table,
      Key: { id: { S: id } },
      ConditionExpression: 'claimedBy = :us',
    };
    const us = { ':us': { S: claimedBy } };
    return {
      settle: async (settled) => {
        const update = { UpdateExpression: 'SET phase = :settled' };
        const values = { ExpressionAttributeValues: { ...us, ':settled': { S: settled } } };
        await this.#unlessConditionFails('UpdateItem', { ...ours, ...update, ...values });
      },
      release: async () => {
        await this.#unlessConditionFails('DeleteItem', { ...ours, ExpressionAttributeValues: us });
      },
    };
  }

  /** @returns the item that is there, where the condition fails over it */
  async #unlessConditionFails(operation: string, input: object): Promise<Item | undefined> {
    try {
      await this.aws.call('dynamodb', operation, input, CALL_WITHIN_MS);
      return undefined;
    } catch (error) {
      if (!(error instanceof AwsCallError && error.name === 'ConditionalCheckFailedException')) throw error;
      return (error.answer.Item as Item | undefined) ?? {};
    }
  }
}
