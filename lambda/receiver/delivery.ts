import { setTimeout as sleep } from 'node:timers/promises';
import { AllowlistError, messageOf } from '../shared/errors';
import { type Bus, type BusEvent, fitsBus } from './bus';
import { eventOf } from './event';
import type { Notification } from './notification';
import type { Claim, SeenIds, Settled } from './seen-ids';
import type { Spill } from './spill';

/** What became of a notification that is durable. */
export interface Delivered {
  readonly kept: Settled | 'duplicate';
  /** What did not go as it should, one sentence each. */
  readonly troubles: readonly string[];
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

  constructor(busRefusal: string, spillError: unknown) {
    super(`The event bus did not take it (${busRefusal}), nor did the spill (${messageOf(spillError)})`, {
      cause: spillError,
    });
  }
}

/** What bus, spill and settling may take together. Nobody waits for others into that. */
const NEEDED_TO_DELIVER_MS = 2500;
const FIRST_PAUSE_MS = 50;

/** Brings notifications to the bus, or into the spill where the bus can't be had, each id once. */
export class Delivery {
  constructor(
    private readonly bus: Bus,
    private readonly spill: Spill,
    private readonly seenIds: SeenIds,
  ) {}

  /**
   * The notification is durable when this returns.
   *
   * @param until Unix milliseconds: when the function's time is over, and a claim of its with it
   * @throws NotDurableError @throws StillInFlightError
   */
  async deliver(notification: Notification, until: number): Promise<Delivered> {
    const troubles: string[] = [];
    const claim = await this.#claim(notification, until, troubles);
    if (claim === 'duplicate') return { kept: 'duplicate', troubles };
    try {
      const kept = await this.#keep(notification, troubles);
      await claim?.settle(kept).catch(noted(troubles, NOT_SETTLED));
      return { kept, troubles };
    } catch (error) {
      await claim?.release().catch(noted(troubles, NOT_RELEASED));
      throw error;
    }
  }

  /** @returns undefined where there is no id, or no table to look it up in: to publish twice is better than never */
  async #claim({ id }: Notification, until: number, troubles: string[]): Promise<Claim | 'duplicate' | undefined> {
    if (id === undefined) return undefined;
    try {
      return await this.#claimOrWait(id, until);
    } catch (error) {
      if (error instanceof StillInFlightError) throw error;
      troubles.push(`${NOT_CLAIMED} (${messageOf(error)})`);
      return undefined;
    }
  }

  /** Waits for another instance that delivers the same: it may fail, and then it is ours to deliver. */
  async #claimOrWait(id: string, until: number): Promise<Claim | 'duplicate'> {
    for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
      const claim = await this.seenIds.claim(id, Math.max(0, until - Date.now()));
      if (claim === 'spilled' || claim === 'published') return 'duplicate';
      if (claim !== 'claimed') return claim;
      if (Date.now() + pause + NEEDED_TO_DELIVER_MS > until) throw new StillInFlightError(id);
      await sleep(pause);
    }
  }

  async #keep(notification: Notification, troubles: string[]): Promise<Settled> {
    const event = eventOf(notification, Date.now());
    const refusal = await this.#publish(event);
    if (refusal === undefined) return 'published';
    await this.spill.put(notification).catch((error: unknown) => {
      throw new NotDurableError(refusal, error);
    });
    if (refusal !== TOO_LARGE) {
      troubles.push(`The event bus did not take it, so it went into the spill (${refusal})`);
    }
    return 'spilled';
  }

  /** @returns why the bus does not have it, if so */
  async #publish(event: BusEvent): Promise<string | undefined> {
    return fitsBus(event) ? this.bus.publish(event).then(() => undefined, messageOf) : TOO_LARGE;
  }
}

const TOO_LARGE = 'larger than an event';
const NOT_CLAIMED = 'The table of seen ids could not be had, so a duplicate would be published too';
const NOT_SETTLED = 'The table of seen ids was not told that it is durable, so a duplicate would be published too';
const NOT_RELEASED = 'The table of seen ids was not told that it failed, so a retry within seconds is answered 503';

function noted(troubles: string[], what: string): (error: unknown) => void {
  return (error) => void troubles.push(`${what} (${messageOf(error)})`);
}
