import { setTimeout as sleep } from 'node:timers/promises';
import { AllowlistError, messageOf } from '../shared/errors';
import { type Bus, type BusEvent, fitsBus } from './bus';
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

  constructor(busRefusal: string, overflowError: unknown) {
    super(`The event bus did not take it (${busRefusal}), nor did the overflow (${messageOf(overflowError)})`, {
      cause: overflowError,
    });
  }
}

/** What bus, overflow and settling may take together. Nobody waits for others into that. */
const NEEDED_TO_DELIVER_MS = 2500;
const FIRST_PAUSE_MS = 50;

/** Brings notifications to the bus, or into the overflow where the bus can't be had, each id once. */
export class Delivery {
  constructor(
    private readonly bus: Bus,
    private readonly overflow: OverflowStore,
    private readonly deduplicationTable: DeduplicationTable,
  ) {}

  /**
   * The notification is durable when this returns.
   *
   * @param until Unix milliseconds: when the function's time is over, and a claim of its with it
   * @throws NotDurableError @throws StillInFlightError
   */
  async deliver(notification: Notification, until: number): Promise<Delivered> {
    const warnings: string[] = [];
    const claim = await this.#claim(notification, until, warnings);
    if (claim === 'duplicate') return { status: 'duplicate', warnings };
    try {
      const status = await this.#keep(notification, warnings);
      await claim?.settle(status).catch(noted(warnings, NOT_SETTLED));
      return { status, warnings };
    } catch (error) {
      await claim?.release().catch(noted(warnings, NOT_RELEASED));
      throw error;
    }
  }

  /** @returns undefined where there is no id, or no table to look it up in: to publish twice is better than never */
  async #claim({ id }: Notification, until: number, warnings: string[]): Promise<Claim | 'duplicate' | undefined> {
    if (id === undefined) return undefined;
    try {
      return await this.#claimOrWait(id, until);
    } catch (error) {
      if (error instanceof StillInFlightError) throw error;
      warnings.push(`${NOT_CLAIMED} (${messageOf(error)})`);
      return undefined;
    }
  }

  /** Waits for another instance that delivers the same: it may fail, and then it is ours to deliver. */
  async #claimOrWait(id: string, until: number): Promise<Claim | 'duplicate'> {
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const claim = await this.deduplicationTable.claim(id, Math.max(0, until - Date.now()));
      if (claim === 'overflowed' || claim === 'published') return 'duplicate';
      if (claim !== 'claimed') return claim;
      if (Date.now() + pause + NEEDED_TO_DELIVER_MS > until) throw new StillInFlightError(id);
      await sleep(pause);
    }
  }

  async #keep(notification: Notification, warnings: string[]): Promise<Settled> {
    const event = eventOf(notification, Date.now());
    const refusal = await this.#publish(event);
    if (refusal === undefined) return 'published';
    await this.overflow.put(notification).catch((error: unknown) => {
      throw new NotDurableError(refusal, error);
    });
    if (refusal !== TOO_LARGE) {
      warnings.push(`The event bus did not take it, so it went into the overflow (${refusal})`);
    }
    return 'overflowed';
  }

  /** @returns why the bus does not have it, if so */
  async #publish(event: BusEvent): Promise<string | undefined> {
    return fitsBus(event) ? this.bus.publish(event).then(() => undefined, messageOf) : TOO_LARGE;
  }
}

const TOO_LARGE = 'larger than an event';
const NOT_CLAIMED = 'The deduplication table could not be had, so a duplicate would be published too';
const NOT_SETTLED = 'The deduplication table was not told that it is durable, so a duplicate would be published too';
const NOT_RELEASED = 'The deduplication table was not told that it failed, so a retry within seconds is answered 503';

function noted(warnings: string[], what: string): (error: unknown) => void {
  return (error) => void warnings.push(`${what} (${messageOf(error)})`);
}
