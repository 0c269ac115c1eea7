import type { SQSRecord } from 'aws-lambda';
import { type Bus, ENTRIES_LIMIT_BYTES, PublishError, sizeOf } from '../receiver/bus';
import type { Deadline } from '../receiver/deadline';
import type { Claim, DeduplicationTable, Phase } from '../receiver/deduplication-table';
import { parseNotification } from '../receiver/notification';
import { type Overflowed, readMessage } from '../receiver/overflow-message';
import type { OverflowStore } from '../receiver/overflow-store';
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

interface Waiting {
  readonly messageId: string;
  readonly overflowed: Overflowed;
  /** Undefined if there is no id, or the table is unavailable: publishing twice is better than never. */
  readonly claim: Claim | Phase | undefined;
}

type Claimed = Waiting & { readonly claim: Claim | undefined };

/** Publishes a batch of messages from the overflow queue, each id once. What fails does not hold up the others. */
export class Redrive {
  readonly #failed: string[] = [];
  readonly #warnings = new Set<string>();

  constructor(
    private readonly bus: Bus,
    private readonly overflow: OverflowStore,
    private readonly deduplicationTable: DeduplicationTable,
    private readonly deadline: Deadline,
  ) {}

  async run(records: readonly SQSRecord[]): Promise<RedriveReport> {
    const waiting = (await Promise.all(records.map((record) => this.#claim(record)))).filter(
      (one) => one !== undefined,
    );
    const claimed = waiting.filter(isClaimed);
    const inFlight = waiting.filter(({ claim }) => claim === 'claimed');
    this.#failed.push(...inFlight.map(({ messageId }) => messageId));
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
    const options = {
      ttlMs: deadline.remainingMs(),
      deadline,
      reserveMs: PUBLISH_RESERVE_MS,
      from: 'overflow',
    } as const;
    return this.deduplicationTable.claim(id, options).catch((error: unknown) => {
      this.#warn('The deduplication table is unavailable, so a duplicate may be published too', error);
      return undefined;
    });
  }

  /** @returns those that were published */
  async #publish(group: readonly Claimed[]): Promise<Claimed[]> {
    try {
      const events = group.map(({ overflowed }) => overflowed.event);
      const errors = await this.bus.publishAll(events, this.deadline, SETTLE_RESERVE_MS);
      for (const error of errors) if (error) this.#warn('EventBridge rejected a notification', error);
      return group.filter((_one, index) => errors[index] === undefined);
    } catch (error) {
      if (!(error instanceof PublishError && error.tooLarge)) {
        this.#warn('EventBridge accepted none of the notifications', error);
        return [];
      }
      const [only, ...others] = group;
      if (only && others.length === 0) return this.#publishReference(only, error);
      return (await Promise.all(group.map((one) => this.#publish([one])))).flat();
    }
  }

  /** EventBridge's limit differs by Region. Stores a notification above it in the bucket, and publishes an event that references it. */
  async #publishReference(one: Claimed, tooLarge: PublishError): Promise<Claimed[]> {
    const { detail, time } = one.overflowed.event;
    const notification = parseNotification(Buffer.from(detail));
    try {
      if (!notification) throw tooLarge;
      await this.bus.publish(await this.overflow.store(notification, time, this.deadline), this.deadline);
      return [one];
    } catch (error) {
      this.#warn('A notification that is too large for the bus could not be stored', error);
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
    const size = sizeOf(one.overflowed.event);
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
