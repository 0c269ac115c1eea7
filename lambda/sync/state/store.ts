import { type DynamoDBDocumentClient, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { AcceptedFeed } from '../../core/feed/assess';
import type { OwnershipRecord } from '../../core/plan/entries';
import type { Decline } from '../../core/report/declines';
import { AllowlistError } from '../../shared/errors';
import { StateUnavailableError } from './errors';
import {
  declinesItem,
  feedItem,
  type MessageState,
  type MissedUpdates,
  messagesItem,
  missedUpdatesItem,
  type State,
  type StateItem,
  stateIn,
  targetItem,
} from './items';
import { type LeaseState, leaseIn } from './lease';

/**
 * The state table: one item per feed, one per target, the missed updates, the declined plans, the sent messages, and the lease. Only the run that holds the
 * lease writes. A write replaces a whole item, so a write whose answer was lost can be repeated.
 */
export class StateStore {
  /** The lease as read by the last `load`. */
  lease: LeaseState = leaseIn([]);

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly table: string,
  ) {}

  /** @throws StateUnavailableError @throws DeadlineError */
  async load(): Promise<State> {
    return this.#scan().catch((error: unknown) => this.#fail('read', error));
  }

  async #scan(): Promise<State> {
    const items: unknown[] = [];
    const pages = paginateScan({ client: this.client }, { TableName: this.table, ConsistentRead: true });
    for await (const page of pages) items.push(...(page.Items ?? []));
    this.lease = leaseIn(items);
    return stateIn(items);
  }

  /** @throws StateUnavailableError @throws DeadlineError */
  saveFeed(feed: AcceptedFeed): Promise<void> {
    return this.#put(feedItem(feed));
  }

  /** @throws StateUnavailableError @throws DeadlineError */
  saveOwned(targetId: string, owned: readonly OwnershipRecord[]): Promise<void> {
    return this.#put(targetItem(targetId, owned));
  }

  /** @throws StateUnavailableError @throws DeadlineError */
  saveMissedUpdates(missedUpdates: MissedUpdates): Promise<void> {
    return this.#put(missedUpdatesItem(missedUpdates));
  }

  /** @throws StateUnavailableError @throws DeadlineError */
  saveDeclines(declines: readonly Decline[]): Promise<void> {
    return this.#put(declinesItem(declines));
  }

  /** @throws StateUnavailableError @throws DeadlineError */
  saveMessages(state: MessageState): Promise<void> {
    return this.#put(messagesItem(state));
  }

  async #put(item: StateItem): Promise<void> {
    const put = new PutCommand({ TableName: this.table, Item: item });
    await this.client.send(put).catch((error: unknown) => this.#fail('write', error));
  }

  /** A `DeadlineError` is not about the table, and says already what to do. */
  #fail(doing: 'read' | 'write', error: unknown): never {
    throw error instanceof AllowlistError ? error : new StateUnavailableError(doing, this.table, error);
  }
}
