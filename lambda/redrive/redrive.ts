import type { SQSRecord } from 'aws-lambda';
import { type Bus, ENTRIES_LIMIT_BYTES, eventBytes, PublishError } from '../receiver/bus';
import type { Deadline } from '../receiver/deadline';
import type { Claim, DeduplicationTable, Phase } from '../receiver/deduplication-table';
import { parseAppRequest, parseNotification } from '../receiver/notification';
import { type Overflowed, readMessage } from '../receiver/overflow-message';
import type { OverflowStore } from '../receiver/overflow-store';
import { isReference } from '../receiver/stored-notification';
import { messageOf, messageWithCode } from '../shared/errors';

/** The result of a batch of messages from the overflow queue. */
export interface RedriveReport {
  /** Published on the bus. */
  readonly redriven: number;
  /** Had been published before. */
  readonly duplicates: number;
  /** Ids of the messages that stay in the queue. */
  readonly failed: readonly string[];
  /** Why, and what else failed. One sentence each. */
  readonly warnings: readonly string[];
}

/** Time for settling the claims. */
const SETTLE_RESERVE_MS = 2000;
/** Time for publishing: the events of a batch may have to be stored, and published one by one. */
const PUBLISH_RESERVE_MS = 5000;

const IN_FLIGHT =
  'Another instance is delivering these ids, or this batch has them twice. The messages stay in the queue until that delivery is settled';

interface Waiting {
  readonly messageId: string;
  readonly overflowed: Overflowed;
  /** Undefined if there is no id, or the table is unavailable: publishing twice is better than never. */
  readonly claim: Claim | Phase | undefined;
}

type Claimed = Waiting & { readonly claim: Claim | undefined };

/** Publishes a batch of messages from the overflow queue, each id once. What fails does not hold up the others. */
export class RedriveBatch {
  readonly #failed: string[] = [];
  readonly #warnings = new Set<string>();
  readonly #publishBy: Deadline;

  constructor(
    private readonly bus: Bus,
    private readonly overflow: OverflowStore,
    private readonly deduplicationTable: DeduplicationTable,
    private readonly deadline: Deadline,
  ) {
    this.#publishBy = deadline.before(SETTLE_RESERVE_MS);
  }

  async run(records: readonly SQSRecord[]): Promise<RedriveReport> {
    const waiting = (await Promise.all(records.map((record) => this.#claim(record)))).filter(
      (one) => one !== undefined,
    );
    const claimed = waiting.filter(isClaimed);
    const inFlight = waiting.filter(({ claim }) => claim === 'claimed');
    this.#failed.push(...inFlight.map(({ messageId }) => messageId));
    if (inFlight.length > 0) this.#warnings.add(IN_FLIGHT);
    const published = (await Promise.all(groupsOf(claimed).map((group) => this.#publish(group)))).flat();
    await Promise.all(claimed.map((one) => this.#settle(one, published.includes(one))));
    return {
      redriven: published.length,
      duplicates: waiting.length - claimed.length - inFlight.length,
      failed: this.#failed,
      warnings: [...this.#warnings],
    };
  }

  async #claim(record: SQSRecord): Promise<Waiting | undefined> {
    const { messageId } = record;
    const overflowed = readMessage(record);
    if (overflowed === undefined) {
      this.#warnings.add('The queue holds messages that the receiver did not write');
      this.#failed.push(messageId);
      return undefined;
    }
    return { messageId, overflowed, claim: await this.#claimId(overflowed.id) };
  }

  async #claimId(id: string | undefined): Promise<Claim | Phase | undefined> {
    if (id === undefined) return undefined;
    const { deadline } = this;
    const claimBy = deadline.before(PUBLISH_RESERVE_MS);
    const options = { ttlMs: deadline.remainingMs(), deadline: claimBy, from: 'overflow' } as const;
    return this.deduplicationTable.claim(id, options).catch((error: unknown) => {
      this.#warn('The deduplication table is unavailable, so a duplicate may be published too', error);
      return undefined;
    });
  }

  /**
   * A call with several events that EventBridge rejects as a whole is made again for each event, so that one that cannot be an
   * event holds up no other.
   *
   * @returns those that were published
   */
  async #publish(group: readonly Claimed[]): Promise<Claimed[]> {
    const events = group.map(({ overflowed }) => overflowed.event);
    const errors = await this.bus.publishAll(events, this.#publishBy).catch((error: PublishError) => {
      if (group.length === 1 || !error.rejected) return group.map(() => error);
      return undefined;
    });
    const publishing = errors
      ? group.map((one, index) => this.#published(one, errors[index]))
      : group.map((one) => this.#publish([one]));
    return (await Promise.all(publishing)).flat();
  }

  async #published(one: Claimed, error: PublishError | undefined): Promise<Claimed[]> {
    if (!error) return [one];
    if (error.unpublishable) return this.#publishReference(one, error);
    this.#warn('EventBridge did not accept a notification', error);
    return [];
  }

  /** Stores a notification that cannot be an event in the bucket, and publishes an event that references it. */
  async #publishReference(one: Claimed, unpublishable: PublishError): Promise<Claimed[]> {
    const { detail, time } = one.overflowed.event;
    const body = Buffer.from(detail);
    const notification = parseNotification(body) ?? parseAppRequest(body);
    try {
      if (!notification || isReference(notification)) throw unpublishable;
      await this.bus.publish(await this.overflow.store(notification, time, this.#publishBy), this.#publishBy);
      return [one];
    } catch (error) {
      this.#warn(
        'A notification that cannot be an event, for its size or its JSON, could not be stored and referenced',
        error,
      );
      return [];
    }
  }

  async #settle({ messageId, claim }: Claimed, isPublished: boolean): Promise<void> {
    if (!isPublished) this.#failed.push(messageId);
    await claim?.settle(isPublished ? 'published' : 'overflowed', this.deadline).catch((error: unknown) => {
      this.#warn('The deduplication table could not record a result, so a duplicate may be published too', error);
    });
  }

  #warn(what: string, error: unknown): void {
    this.#warnings.add(`${what} (${error instanceof PublishError ? messageOf(error) : messageWithCode(error)})`);
  }
}

function isClaimed(waiting: Waiting): waiting is Claimed {
  return typeof waiting.claim !== 'string';
}

/** Groups that each fit into one call. A batch has at most 10 messages, which is EventBridge's limit for entries. */
function groupsOf(claimed: readonly Claimed[]): Claimed[][] {
  const groups: Claimed[][] = [];
  let bytes = 0;
  for (const one of claimed) {
    const size = eventBytes(one.overflowed.event);
    bytes += size;
    const group = bytes < ENTRIES_LIMIT_BYTES ? groups.at(-1) : undefined;
    if (group) group.push(one);
    else {
      groups.push([one]);
      bytes = size;
    }
  }
  return groups;
}
