import { AllowlistError, messageWithCode } from '../shared/errors';
import { type Bus, fitsBus, PublishError } from './bus';
import type { Deadline } from './deadline';
import type { Claim, DeduplicationTable, Settled } from './deduplication-table';
import { eventOf } from './event';
import type { Notification } from './notification';
import type { OverflowStore } from './overflow-store';

/** The result of a delivery: the notification is durable. */
export interface Delivered {
  readonly status: Settled | 'duplicate';
  /** What failed without consequences for the answer, one sentence each. */
  readonly warnings: readonly string[];
}

/** Thrown when another instance delivers the same notification and has not finished in time. */
export class StillInFlightError extends AllowlistError {
  override readonly name = 'StillInFlightError';

  constructor(id: string) {
    super(`Notification ${id} is being delivered by another instance of the receiver, which has not finished`);
  }
}

/** Thrown when neither the event bus nor the overflow accepted a notification. */
export class NotDurableError extends AllowlistError {
  override readonly name = 'NotDurableError';

  constructor(publishError: string, overflowError: unknown) {
    super(
      `The event bus did not accept it (${publishError}), nor did the overflow (${messageWithCode(overflowError)})`,
      {
        cause: overflowError,
      },
    );
  }
}

/** Time that publishing needs, or else storing in the overflow. Neither making a claim nor waiting for another's may use it. */
const PUBLISH_RESERVE_MS = 1300;
const FIRST_PAUSE_MS = 50;

/** Publishes notifications, or stores them in the overflow if the bus does not accept them, each id once. */
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

  /** @returns undefined if there is no id, or the table is unavailable: publishing twice is better than never */
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

  /** Waits while another instance delivers the same notification: if that fails, this one delivers it. */
  async #claimOrWait(id: string, deadline: Deadline): Promise<Claim | 'duplicate'> {
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const claimBy = deadline.before(PUBLISH_RESERVE_MS);
      const claim = await this.deduplicationTable.claim(id, { ttlMs: deadline.remainingMs(), deadline: claimBy });
      if (claim === 'overflowed' || claim === 'published') return 'duplicate';
      if (claim !== 'claimed') return claim;
      if (claimBy.remainingMs() < 2 * pause) throw new StillInFlightError(id);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /**
   * If EventBridge has not answered in half of the time left, the overflow is tried while the call continues: the first to succeed
   * counts.
   *
   * @throws NotDurableError
   */
  async #makeDurable(notification: Notification, deadline: Deadline, warnings: string[]): Promise<Settled> {
    const event = eventOf(notification, Date.now());
    if (!fitsBus(event)) return this.#overflow(notification, deadline, TOO_LARGE);
    const publishing = this.bus.publish(event, deadline).then(() => 'published' as const);
    const result = await deadline
      .halfway()
      .wait(publishing)
      .catch((error: unknown) => error);
    if (result === 'published') return result;
    const unpublishable = result instanceof PublishError && result.unpublishable;
    const reason = result === 'late' ? LATE : messageWithCode(result);
    const status = await firstOf(publishing, this.#overflow(notification, deadline, reason, unpublishable));
    if (status === 'overflowed' && !unpublishable) warnings.push(`${OVERFLOWED} (${reason})`);
    return status;
  }

  async #overflow(
    notification: Notification,
    deadline: Deadline,
    reason: string,
    unpublishable = false,
  ): Promise<Settled> {
    try {
      await this.overflow.put(notification, deadline, unpublishable);
      return 'overflowed';
    } catch (error) {
      throw new NotDurableError(reason, error);
    }
  }
}

const TOO_LARGE = 'larger than an event';
const LATE = 'no answer yet';
const OVERFLOWED = 'The event bus did not accept it, so it went to the overflow';
const NOT_CLAIMED = 'The deduplication table is unavailable, so a duplicate would be published too';
const NOT_SETTLED =
  'The deduplication table could not record that it is durable, so a duplicate would be published too';
const NOT_RELEASED =
  'The deduplication table could not record that it failed, so a retry within seconds is answered 503';

/** @throws NotDurableError of the overflow, when neither was durable */
async function firstOf(publishing: Promise<Settled>, overflowing: Promise<Settled>): Promise<Settled> {
  return Promise.any([publishing, overflowing]).catch(() => overflowing);
}

function noteIn(warnings: string[], what: string): (error: unknown) => void {
  return (error) => void warnings.push(`${what} (${messageWithCode(error)})`);
}
