import { formatRange } from '../ranges/range';
import type { CurrentEntry, OwnershipRecord } from './entries';
import type { Step } from './sequence';

/** The part of a sequence that a target has written: it reports each part before it is sent, and once AWS confirmed it. */
export class WriteProgress<E extends CurrentEntry = CurrentEntry> {
  readonly #confirmed: Step<E>[] = [];
  #sent: Step<E> | undefined;

  /** @param before the entries of the target before the first part */
  constructor(private readonly before: readonly E[]) {}

  sends(part: Step<E>): void {
    this.#sent = part;
  }

  /** Confirms the part that was sent last. */
  confirms(): void {
    if (this.#sent) this.#confirmed.push(this.#sent);
    this.#sent = undefined;
  }

  /**
   * Whether the target now holds exactly what the part whose answer is missing would have left: then it was written, and is confirmed.
   */
  confirmsBy(entries: readonly CurrentEntry[]): boolean {
    if (this.#sent === undefined) return false;
    const expected = keysIn(entriesAfterSteps(this.before, [...this.#confirmed, this.#sent]));
    const found = keysIn(entries);
    if (found.size !== expected.size || [...found].some((key) => !expected.has(key))) return false;
    this.confirms();
    return true;
  }

  /** The entries of the target once the confirmed parts were written; undefined if there are none. */
  get entries(): readonly CurrentEntry[] | undefined {
    return this.#confirmed.length > 0 ? entriesAfterSteps(this.before, this.#confirmed) : undefined;
  }

  /** The records of what was added. */
  recordsIn(after: readonly OwnershipRecord[]): OwnershipRecord[] {
    const added = new Set(this.#confirmed.flatMap(({ add }) => add.map(({ range }) => formatRange(range))));
    return after.filter(({ range }) => added.has(formatRange(range)));
  }
}

/** The entries of a target after these steps. What was added is managed, and has no record yet. */
export function entriesAfterSteps(before: readonly CurrentEntry[], steps: readonly Step[]): CurrentEntry[] {
  const removed = new Set(steps.flatMap(({ remove }) => remove));
  const added = steps.flatMap(({ add }) => add);
  return [
    ...before.filter((entry) => !removed.has(entry)),
    ...added.map(({ range, port }) => ({ range, port, managed: true, ownership: undefined })),
  ];
}

function keysIn(entries: readonly CurrentEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ range, port }) => `${formatRange(range)} ${port ?? ''}`));
}
