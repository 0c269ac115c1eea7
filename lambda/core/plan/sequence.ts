import { AllowlistError } from '../../shared/errors';
import { FAMILIES, type Family, type Range } from '../ranges/range';
import type { Changes, CurrentEntry, DesiredEntry } from './entries';

/** How many entries a target can hold. AWS counts each address family separately. */
export interface Capacity {
  /** The most entries of one family. */
  readonly limit: number;
  /** Current entries by family: managed ones, entries of others, and anything else that counts against the limit. */
  readonly used: Readonly<Record<Family, number>>;
  /** The name of the limit and how to raise it, such as "rules per security group, raised in Service Quotas". */
  readonly name: string;
  /** Whether one call replaces all entries, so that only the result has to fit. @default false */
  readonly atomic?: boolean;
}

/** One write: either additions or removals. */
export interface Step<E extends CurrentEntry = CurrentEntry> {
  readonly add: readonly DesiredEntry[];
  readonly remove: readonly E[];
}

/** Changes in the order in which they must be written. */
export interface WriteSequence<E extends CurrentEntry = CurrentEntry> {
  readonly steps: readonly Step<E>[];
  /** Removals that come before additions, because the target cannot hold both. */
  readonly removedFirst: readonly E[];
}

/** Thrown before anything is written, when the changes do not fit into the target. */
export class QuotaError extends AllowlistError {
  override readonly name = 'QuotaError';

  /** How many entries would be needed, and how many are allowed. */
  readonly numbers: string;

  constructor(needed: number, { limit, name }: Capacity, pending: number) {
    const only = pending > 0 ? `, ${pending} of them only until their pending removal` : '';
    const numbers = `${needed} entries would be needed${only}, and ${limit} are allowed (${name})`;
    super(
      `${numbers}. Nothing was written: the current entries stay in force, ranges published since are missing. Raise the limit or ` +
        'remove entries that this stack does not manage, then invoke the sync again',
    );
    this.numbers = numbers;
  }
}

/**
 * Checks that the result fits, in whatever order it is written.
 *
 * @param pending how many entries stay only until their pending removal; for the error
 * @throws QuotaError
 */
function assertFits({ add, remove }: Step, capacity: Capacity, pending: number): void {
  for (const family of FAMILIES) {
    const needed = capacity.used[family] + countOf(add, family) - countOf(remove, family);
    // A target that others overfilled is no error as long as nothing is added.
    if (countOf(add, family) > 0 && needed > capacity.limit) throw new QuotaError(needed, capacity, pending);
  }
}

/**
 * Additions first, removals after. If the target can hold the result, but not both together, only as many removals as necessary
 * come first.
 *
 * One managed entry always stays: if all of them would have to be removed first, the last one is replaced by the last addition after
 * the other additions were written. A single entry that fills the target cannot be replaced that way: that is a QuotaError.
 *
 * @param managed how many managed entries the target holds
 * @param pending how many entries stay only until their pending removal; for the error
 * @throws QuotaError before anything is written
 */
export function sequenceChanges<E extends CurrentEntry>(
  { add, remove }: Pick<Changes<E>, 'add' | 'remove'>,
  capacity: Capacity,
  managed: number,
  pending = 0,
): WriteSequence<E> {
  assertFits({ add, remove }, capacity, pending);
  const removedFirst = FAMILIES.flatMap((family) =>
    ofFamily(remove, family).slice(0, shortageOf(add, capacity, family)),
  );
  const kept = removedFirst.length === managed ? removedFirst.at(-1) : undefined;
  const last = kept && ofFamily(add, kept.range.family).at(-1);
  if (kept && add.length === 1) throw new QuotaError(capacity.limit + 1, capacity, pending);
  const early = new Set(removedFirst.filter((entry) => entry !== kept));
  const steps: Step<E>[] = [
    { add: [], remove: [...early] },
    { add: add.filter((entry) => entry !== last), remove: [] },
    { add: [], remove: remove.filter((entry) => !early.has(entry)) },
    { add: last ? [last] : [], remove: [] },
  ];
  return { steps: steps.filter((step) => step.add.length + step.remove.length > 0), removedFirst };
}

/** How many entries of a family must be removed before its additions fit. */
function shortageOf(add: readonly DesiredEntry[], { limit, used, atomic }: Capacity, family: Family): number {
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
