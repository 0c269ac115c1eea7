import { AllowlistError } from '../../shared/errors';
import { FAMILIES, type Family, type Range } from '../ranges/range';
import type { Changes, CurrentEntry, DesiredEntry } from './entries';

/** How much a target may hold. AWS counts each address family by itself. */
export interface Capacity {
  /** The most entries of one family. */
  readonly limit: number;
  /** Current entries by family: managed ones, those of others, and whatever else counts against the limit. */
  readonly used: Readonly<Record<Family, number>>;
  /** What the limit is called and how to raise it, such as "rules per security group, raised in Service Quotas". */
  readonly name: string;
  /** Whether one call replaces everything, so that only the result has to fit. @default false */
  readonly atomic?: boolean;
}

/** One write: either additions or removals. */
export interface Step<E extends CurrentEntry = CurrentEntry> {
  readonly add: readonly DesiredEntry[];
  readonly remove: readonly E[];
}

/** Changes in the order in which they are to be written. */
export interface WriteSequence<E extends CurrentEntry = CurrentEntry> {
  readonly steps: readonly Step<E>[];
  /** Removals that come before additions, because the target cannot hold both. */
  readonly removedFirst: readonly E[];
}

/** Thrown before anything is written, when the changes do not fit into the target. */
export class QuotaError extends AllowlistError {
  override readonly name = 'QuotaError';

  constructor(needed: number, { limit, name }: Capacity, waiting: number) {
    const pending = waiting > 0 ? `, ${waiting} of them only until their removal is due` : '';
    super(
      `${needed} entries would be needed${pending}, and ${limit} are allowed (${name}). Nothing was written: the current entries ` +
        'stay in force, ranges published since are missing. Raise the limit or remove entries that this stack does not manage, ' +
        'then invoke the sync again',
    );
  }
}

/**
 * Checks that the result fits, whatever the sequence.
 *
 * @param waiting how many entries stay only until their removal is due; for the error
 * @throws QuotaError
 */
export function assertFits({ add, remove }: Step, capacity: Capacity, waiting = 0): void {
  for (const family of FAMILIES) {
    const needed = capacity.used[family] + countOf(add, family) - countOf(remove, family);
    // What others overfilled is none of our business as long as nothing is added.
    if (countOf(add, family) > 0 && needed > capacity.limit) throw new QuotaError(needed, capacity, waiting);
  }
}

/**
 * Additions first, removals after. Where the target cannot hold both but can hold the result, as many removals as it lacks room for
 * come first, and no more.
 *
 * One managed entry always stays: if all of them would have to go first, the last one is exchanged for the last addition, once the other
 * additions are in. A single entry that fills the target cannot be replaced that way; that is a QuotaError.
 *
 * @param managed how many managed entries the target holds
 * @param waiting how many entries stay only until their removal is due; for the error
 * @throws QuotaError before anything is written
 */
export function sequenceChanges<E extends CurrentEntry>(
  { add, remove }: Pick<Changes<E>, 'add' | 'remove'>,
  capacity: Capacity,
  managed: number,
  waiting = 0,
): WriteSequence<E> {
  assertFits({ add, remove }, capacity, waiting);
  const removedFirst = FAMILIES.flatMap((family) => ofFamily(remove, family).slice(0, lackOf(add, capacity, family)));
  const kept = removedFirst.length === managed ? removedFirst.at(-1) : undefined;
  const last = kept && ofFamily(add, kept.range.family).at(-1);
  if (kept && add.length === 1) throw new QuotaError(capacity.limit + 1, capacity, waiting);
  const early = new Set(removedFirst.filter((entry) => entry !== kept));
  const steps: Step<E>[] = [
    { add: [], remove: [...early] },
    { add: add.filter((entry) => entry !== last), remove: [] },
    { add: [], remove: remove.filter((entry) => !early.has(entry)) },
    { add: last ? [last] : [], remove: [] },
  ];
  return { steps: steps.filter((step) => step.add.length + step.remove.length > 0), removedFirst };
}

/** How many entries of a family have to go before its additions fit. */
function lackOf(add: readonly DesiredEntry[], { limit, used, atomic }: Capacity, family: Family): number {
  const count = countOf(add, family);
  return atomic || count === 0 ? 0 : Math.max(0, used[family] + count - limit);
}

type Ranged = { readonly range: Range };

function ofFamily<T extends Ranged>(entries: readonly T[], family: Family): T[] {
  return entries.filter(({ range }) => range.family === family);
}

function countOf(entries: readonly Ranged[], family: Family): number {
  return ofFamily(entries, family).length;
}
