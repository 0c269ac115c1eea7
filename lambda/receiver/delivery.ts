import { setTimeout as sleep } from 'node:timers/promises';
import { AllowlistError, messageWithCode } from '../shared/errors';
import { type Bus, fitsBus, PublishError } from './bus';
import type { Deadline } from './deadline';
import type { Claim, DeduplicationTable, Settled } from './deduplication-table';
import { eventOf } from './event';
import type { Notification } from './notification';
import type { OverflowStore } from './overflow-store';

/** What became of a notification that is durable. */
export interface Delivered {
  readonly status: Settled | 'duplicate';
  /** What did not go as it should, one sentence each. */
  readonly warnings: readonly string[];
}

/** Thrown when the same notification is being delivered by another instance, which does not come to an end. */
export class StillInFlightError extends AllowlistError {
  override readonly name = 'StillInFlightError';

  constructor(id: string) {
    super(
      `Notification ${id} is being delivered by another instance of the receiver, and nobody knows yet with what result`,
    );
  }
}

/** Thrown when nothing took a notification. */
export class NotDurableError extends AllowlistError {
  override readonly name = 'NotDurableError';

  constructor(publishError: string, overflowError: unknown) {
    super(`The event bus did not take it (${publishError}), nor did the overflow (${messageWithCode(overflowError)})`, {
      cause: overflowError,
    });
  }
}

/** What publishing needs at least, storing in the overflow included. Neither a claim nor waiting for another's may take it. */
const PUBLISH_RESERVE_MS = 1300;
/** When EventBridge has not answered by then, storing begins while the call goes on: whichever is first makes it durable. */
const OVERFLOW_RESERVE_MS = 500;
const FIRST_PAUSE_MS = 50;

/** Brings notifications to the bus, or into the overflow when the bus does not take them, each id once. */
export class Delivery {
  constructor(
    private readonly bus: Bus,
    private readonly overflow: OverflowStore,
    private readonly deduplicationTable: DeduplicationTable,
  ) {}

  /**
   * The notification is durable when this returns.
   *
   * @throws NotDurableError @throws StillInFlightError
   */
  async deliver(notification: Notification, deadline: Deadline): Promise<Delivered> {
    const warnings: string[] = [];
    const claim = await this.#claim(notification, deadline, warnings);
    if (claim === 'duplicate') return { status: 'duplicate', warnings };
    try {
      const status = await this.#makeDurable(notification, deadline, warnings);
      await claim?.settle(status, deadline).catch(noteIn(warnings, NOT_SETTLED));
      return { status, warnings };
    } catch (error) {
      await claim?.release(deadline).catch(noteIn(warnings, NOT_RELEASED));
      throw error;
    }
  }

  /** @returns undefined where there is no id, or no table to look it up in: to publish twice is better than never */
  async #claim({ id }: Notification, deadline: Deadline, warnings: string[]): Promise<Claim | 'duplicate' | undefined> {
    if (id === undefined) return undefined;
    try {
      return await this.#claimOrWait(id, deadline);
    } catch (error) {
      if (error instanceof StillInFlightError) throw error;
      warnings.push(`${NOT_CLAIMED} (${messageWithCode(error)})`);
      return undefined;
    }
  }

  /** Waits for another instance that delivers the same: it may fail, and then it is ours to deliver. */
  async #claimOrWait(id: string, deadline: Deadline): Promise<Claim | 'duplicate'> {
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const options = { ttlMs: deadline.remainingMs(), deadline, reserveMs: PUBLISH_RESERVE_MS };
      const claim = await this.deduplicationTable.claim(id, options);
      if (claim === 'overflowed' || claim === 'published') return 'duplicate';
      if (claim !== 'claimed') return claim;
      if (deadline.remainingMs(PUBLISH_RESERVE_MS) < 2 * pause) throw new StillInFlightError(id);
      await sleep(pause);
    }
  }

  /** @throws NotDurableError */
  async #makeDurable(notification: Notification, deadline: Deadline, warnings: string[]): Promise<Settled> {
    const event = eventOf(notification, Date.now());
    if (!fitsBus(event)) return this.#overflow(notification, deadline, TOO_LARGE);
    const publishing = this.bus.publish(event, deadline).then(() => 'published' as const);
    const result = await deadline.answerBefore(OVERFLOW_RESERVE_MS, publishing).catch((error: unknown) => error);
    if (result === 'published') return result;
    const tooLarge = result instanceof PublishError && result.tooLarge;
    const reason = result === 'late' ? LATE : messageWithCode(result);
    const status = await firstOf(publishing, this.#overflow(notification, deadline, reason, tooLarge));
    if (status === 'overflowed' && !tooLarge) warnings.push(`${OVERFLOWED} (${reason})`);
    return status;
  }

  async #overflow(notification: Notification, deadline: Deadline, reason: string, tooLarge = false): Promise<Settled> {
    try {
      await this.overflow.put(notification, deadline, tooLarge);
      return 'overflowed';
    } catch (error) {
      throw new NotDurableError(reason, error);
    }
  }
}

const TOO_LARGE = 'larger than an event';
const LATE = 'no answer yet';
const OVERFLOWED = 'The event bus did not take it, so it went into the overflow';
const NOT_CLAIMED = 'The deduplication table did not answer, so a duplicate would be published too';
const NOT_SETTLED = 'The deduplication table does not know that it is durable, so a duplicate would be published too';
const NOT_RELEASED = 'The deduplication table does not know that it failed, so a retry within seconds is answered 503';

/** @throws NotDurableError of the overflow, when neither was durable */
async function firstOf(publishing: Promise<Settled>, overflowing: Promise<Settled>): Promise<Settled> {
  return Promise.any([publishing, overflowing]).catch(() => overflowing);
}

function noteIn(warnings: string[], what: string): (error: unknown) => void {
  return (error) => void warnings.push(`${what} (${messageWithCode(error)})`);
}
