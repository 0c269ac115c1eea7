import { AllowlistError } from '../../shared/errors';
import { FAMILIES, type Family, type Range } from '../ranges/range';
import type { Changes, CurrentEntry, DesiredEntry } from './plan';

/** How much a target may hold. AWS counts each address family by itself. */
export interface Capacity {
  /** The most entries of one family. */
  readonly limit: number;
  /** What is there now, by family: entries of ours and of others, and whatever else counts against the limit. */
  readonly used: Readonly<Record<Family, number>>;
  /** What the limit is called and how to raise it, such as "rules per security group, raised in Service Quotas". */
  readonly name: string;
  /** Whether one call replaces everything, so that only the end has to fit. @default false */
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
  /** Removals that had to come before additions, because both together did not fit. */
  readonly removedFirst: readonly E[];
}

/** Thrown before anything is written, when the changes do not fit into the target. */
export class QuotaError extends AllowlistError {
  override readonly name = 'QuotaError';

  constructor(needed: number, { limit, name }: Capacity, waiting: number) {
    const pending = waiting > 0 ? `, ${waiting} of them only until their removal is due` : '';
    super(
      `${needed} entries would be needed${pending}, and ${limit} are allowed (${name}). Nothing was written: what it allows ` +
        'stays in force, ranges published since are not in it. Raise the limit or take entries of others out, then invoke the sync again',
    );
  }
}

/**
 * Whether the end fits, whatever the order.
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
 * Additions first, removals after. Only where they do not fit beside each other but the end does, as many removals as are
 * needed come first, and no more; never all that is ours at once, even if that takes several rounds.
 *
 * @param ours how many entries of ours there are now
 * @param waiting how many entries stay only until their removal is due; for the error
 * @throws QuotaError when the end does not fit
 */
export function sequenceChanges<E extends CurrentEntry>(
  { add, remove }: Pick<Changes<E>, 'add' | 'remove'>,
  capacity: Capacity,
  ours: number,
  waiting = 0,
): WriteSequence<E> {
  assertFits({ add, remove }, capacity, waiting);
  if (capacity.atomic) return { steps: stepsOf({ add, remove }), removedFirst: [] };
  const { limit, used } = capacity;
  const left: Progress<E> = { add, remove, free: { 4: limit - used[4], 6: limit - used[6] }, ours };
  const steps: Step<E>[] = [];
  const removedFirst: E[] = [];
  while (left.add.length > 0) {
    const early = removalsNeeded(left);
    const fitting = early.length > 0 ? [] : addsThatFit(left);
    // One entry of ours, no room beside it, and another one to take its place.
    if (early.length + fitting.length === 0) throw new QuotaError(limit + 1, capacity, waiting);
    steps.push({ add: fitting, remove: early });
    removedFirst.push(...early);
    advance(left, fitting, early);
  }
  return { steps: [...steps, ...stepsOf(left)], removedFirst };
}

/** What is still to be done, and what there is while it is done. */
interface Progress<E> {
  add: readonly DesiredEntry[];
  remove: readonly E[];
  /** Room, by family; negative where others overfilled it. */
  free: Record<Family, number>;
  ours: number;
}

/** As many removals of each family as its additions lack room, but one entry of ours stays. */
function removalsNeeded<E extends CurrentEntry>({ add, remove, free, ours }: Progress<E>): E[] {
  const needed = FAMILIES.flatMap((family) => ofFamily(remove, family).slice(0, lackOf(add, free, family)));
  return needed.slice(0, Math.max(0, ours - 1));
}

function lackOf(add: readonly DesiredEntry[], free: Progress<unknown>['free'], family: Family): number {
  const count = countOf(add, family);
  return count === 0 ? 0 : Math.max(0, count - free[family]);
}

function addsThatFit({ add, free }: Progress<unknown>): DesiredEntry[] {
  return FAMILIES.flatMap((family) => ofFamily(add, family).slice(0, Math.max(0, free[family])));
}

function advance<E extends CurrentEntry>(left: Progress<E>, added: readonly DesiredEntry[], removed: readonly E[]) {
  const done = new Set<unknown>([...added, ...removed]);
  left.add = left.add.filter((entry) => !done.has(entry));
  left.remove = left.remove.filter((entry) => !done.has(entry));
  for (const family of FAMILIES) left.free[family] += countOf(removed, family) - countOf(added, family);
  left.ours += added.length - removed.length;
}

function stepsOf<E extends CurrentEntry>({ add, remove }: Step<E>): Step<E>[] {
  return [
    { add, remove: [] },
    { add: [], remove },
  ].filter((step) => step.add.length + step.remove.length > 0);
}

type Ranged = { readonly range: Range };

function ofFamily<T extends Ranged>(entries: readonly T[], family: Family): T[] {
  return entries.filter(({ range }) => range.family === family);
}

function countOf(entries: readonly Ranged[], family: Family): number {
  return ofFamily(entries, family).length;
}
