import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import type { AcceptedFeed } from '../feed/reading';
import type { OwnedRange } from '../plan/ownership';
import { StateConflictError, StateUnavailableError } from './errors';
import { feedItem, type State, type StateItem, stateIn, targetItem } from './items';
import { type LeaseState, leaseIn } from './lease';

/** What any item of ours has, be the rest readable or not. */
const Versioned = v.object({ kind: v.picklist(['feed', 'target']), id: v.string(), version: v.number() });

/**
 * The state table: one item a feed, one a target (and the lease, see lease.ts). Every write is conditional on the version that was read.
 */
export class StateStore {
  readonly #versions = new Map<string, number>();
  /** The lease as of the last `load`. */
  lease: LeaseState = leaseIn([]);

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly table: string,
    /** Who writes, so that a write whose answer was lost is known again. */
    private readonly runId: string,
  ) {}

  /** @throws StateUnavailableError */
  async load(): Promise<State> {
    return this.#scan().catch((error: unknown) => {
      throw new StateUnavailableError('read', this.table, error);
    });
  }

  async #scan(): Promise<State> {
    const items: unknown[] = [];
    const pages = paginateScan({ client: this.client }, { TableName: this.table, ConsistentRead: true });
    for await (const page of pages) items.push(...(page.Items ?? []));
    this.lease = leaseIn(items);
    this.#versions.clear();
    for (const item of items) if (v.is(Versioned, item)) this.#versions.set(keyOf(item), item.version);
    return stateIn(items);
  }

  saveFeed(feed: AcceptedFeed): Promise<void> {
    return this.#put(feedItem(feed));
  }

  saveOwned(targetId: string, owned: readonly OwnedRange[]): Promise<void> {
    return this.#put(targetItem(targetId, owned));
  }

  async #put(item: StateItem) {
    const seen = this.#versions.get(keyOf(item)) ?? 0;
    const put = new PutCommand({
      TableName: this.table,
      Item: { ...item, version: seen + 1, writer: this.runId },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ConditionExpression: seen === 0 ? 'attribute_not_exists(version)' : 'version = :seen',
      ...(seen === 0 ? {} : { ExpressionAttributeValues: { ':seen': seen } }),
    });
    await this.client.send(put).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw new StateUnavailableError('write', this.table, error);
      }
      if (!this.#isOwn(error, seen + 1)) throw new StateConflictError(`${item.kind} ${item.id}`, { cause: error });
    });
    this.#versions.set(keyOf(item), seen + 1);
  }

  /** Whether what is there is this very write: it took effect, its answer was lost, and the SDK sent it again. */
  #isOwn({ Item: item }: ConditionalCheckFailedException, version: number): boolean {
    return item?.writer?.S === this.runId && item.version?.N === String(version);
  }
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind} ${id}`;
}
