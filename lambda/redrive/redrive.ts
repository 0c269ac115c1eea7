import { type Bus, MAX_ENTRIES, MAX_ENTRIES_BYTES, sizeOf } from '../receiver/bus';
import type { Claim, DeduplicationTable, Phase } from '../receiver/deduplication-table';
import type { Overflowed } from '../receiver/overflow-message';
import { messageOf } from '../shared/errors';
import type { OverflowQueue, Taken } from './overflow-queue';

/** What a run did with what was in the overflow. */
export interface RedriveReport {
  /** Brought to the bus. */
  readonly redriven: number;
  /** Were on the bus already. */
  readonly duplicates: number;
  /** Stay in the overflow. */
  readonly left: number;
  /** Why, and what else did not go as it should. One sentence each. */
  readonly warnings: readonly string[];
}

/** Oldest first holds among as many as are in memory at a time: SQS itself keeps no order. */
const WINDOW_MESSAGES = 200;
const WINDOW_BYTES = 32 * 1024 * 1024;
/** A window is begun only if it can be ended. */
const WINDOW_MS = 20_000;
/** Longer than the call that a claim is for. */
const CLAIM_HELD_MS = 5000;

type Waiting = Taken & { readonly overflowed: Overflowed };

/** Brings what is in the overflow to the bus, oldest first, each id once, and deletes only what is on the bus. */
export class Redrive {
  readonly #left: Taken[] = [];
  readonly #warnings = new Set<string>();
  #redriven = 0;
  #duplicates = 0;
  #busFails = false;

  constructor(
    private readonly queue: OverflowQueue,
    private readonly bus: Bus,
    private readonly deduplicationTable: DeduplicationTable,
  ) {}

  /**
   * @param remainingMs how much time there is left
   * @throws AwsCallError when the queue can't be read
   */
  async run(remainingMs: () => number): Promise<RedriveReport> {
    for (let more = true; more && !this.#busFails && remainingMs() > WINDOW_MS; ) {
      const window = await this.#takeWindow();
      more = window.full;
      await this.#redriveOldestFirst(window.taken);
    }
    await this.queue.giveBack(this.#left).catch((error) => this.#note('Messages come back later', error));
    return {
      redriven: this.#redriven,
      duplicates: this.#duplicates,
      left: this.#left.length,
      warnings: [...this.#warnings],
    };
  }

  async #takeWindow(): Promise<{ taken: Taken[]; full: boolean }> {
    const taken: Taken[] = [];
    let bytes = 0;
    while (taken.length < WINDOW_MESSAGES && bytes < WINDOW_BYTES) {
      const batch = await this.queue.take();
      if (batch.length === 0) return { taken, full: false };
      taken.push(...batch);
      bytes += batch.reduce((sum, { overflowed }) => sum + (overflowed?.event.detail.length ?? 0), 0);
    }
    return { taken, full: true };
  }

  async #redriveOldestFirst(taken: readonly Taken[]): Promise<void> {
    const waiting = taken.filter((one): one is Waiting => one.overflowed !== undefined);
    const unreadable = taken.filter(({ overflowed }) => overflowed === undefined);
    if (unreadable.length > 0) this.#warnings.add('The queue holds messages that the receiver did not write');
    this.#left.push(...unreadable);
    for (const batch of batchesOf(waiting.sort((a, b) => compareAge(a.overflowed, b.overflowed)))) {
      // When the bus takes nothing it is down: what is younger stays behind what is older.
      if (this.#busFails) this.#left.push(...batch);
      else await this.#redriveBatch(batch);
    }
  }

  async #redriveBatch(batch: readonly Waiting[]): Promise<void> {
    const claims = await Promise.all(batch.map((waiting) => this.#claim(waiting)));
    const ours = batch.filter((_waiting, index) => isOurs(claims[index]));
    const ourClaims = claims.filter(isOurs);
    const published = batch.filter((_waiting, index) => claims[index] === 'published');
    this.#left.push(...batch.filter((_waiting, index) => claims[index] === 'claimed'));

    const taken = await this.#publish(ours);
    await Promise.all(
      ourClaims.map((claim, index) =>
        claim?.settle(taken[index] ? 'published' : 'overflowed').catch((error) => this.#note(NOT_SETTLED, error)),
      ),
    );
    const onBus = ours.filter((_waiting, index) => taken[index]);
    this.#left.push(...ours.filter((_waiting, index) => !taken[index]));
    this.#redriven += onBus.length;
    this.#duplicates += published.length;
    await this.queue.delete([...onBus, ...published]).catch((error) => this.#note(NOT_DELETED, error));
  }

  /** @returns undefined where there is no id, or no table to look it up in: to publish twice is better than never */
  async #claim({ overflowed: { id } }: Waiting): Promise<Claim | Phase | undefined> {
    if (id === undefined) return undefined;
    try {
      return await this.deduplicationTable.claim(id, CLAIM_HELD_MS, 'overflow');
    } catch (error) {
      this.#note('The deduplication table could not be had, so a duplicate may be published too', error);
      return undefined;
    }
  }

  /** @returns for each whether it is on the bus */
  async #publish(waiting: readonly Waiting[]): Promise<boolean[]> {
    if (waiting.length === 0) return [];
    try {
      const refusals = await this.bus.publishAll(waiting.map(({ overflowed }) => overflowed.event));
      for (const refusal of refusals) if (refusal) this.#note('The event bus refused a notification', refusal);
      return refusals.map((refusal) => refusal === undefined);
    } catch (error) {
      this.#busFails = true;
      this.#note('The event bus took nothing', error);
      return waiting.map(() => false);
    }
  }

  #note(what: string, error: unknown): void {
    this.#warnings.add(`${what} (${messageOf(error)})`);
  }
}

const NOT_SETTLED =
  'The deduplication table was not told what became of a notification, so a duplicate may be published too';
const NOT_DELETED = 'Messages could not be deleted: by their ids the next run will know that they are on the bus';

function isOurs(claim: Claim | Phase | undefined): claim is Claim | undefined {
  return typeof claim !== 'string';
}

/** By the time of the event, then by when it came. */
function compareAge(a: Overflowed, b: Overflowed): number {
  return a.event.time.getTime() - b.event.time.getTime() || a.receivedAt - b.receivedAt;
}

/** In their order, as many together as EventBridge takes in one call. */
function batchesOf(waiting: readonly Waiting[]): Waiting[][] {
  const batches: Waiting[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of waiting) {
    const size = sizeOf(one.overflowed.event);
    const last = batches.at(-1);
    if (!last || last.length === MAX_ENTRIES || bytes + size > MAX_ENTRIES_BYTES) {
      batches.push([one]);
      bytes = size;
    } else {
      last.push(one);
      bytes += size;
    }
  }
  return batches;
}
