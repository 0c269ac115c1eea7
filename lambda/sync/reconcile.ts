import pRetry from 'p-retry';
import type { GatedChanges } from '../core/plan/approval';
import type { CurrentEntry, DesiredEntry, DesiredRange, OwnershipRecord } from '../core/plan/entries';
import { fitDecision } from '../core/plan/fit';
import { ownershipAfter, ownershipDuring } from '../core/plan/ownership';
import { plan } from '../core/plan/plan';
import type { PolicyContext } from '../core/plan/policy';
import type { WriteSequence } from '../core/plan/sequence';
import { WriteProgress } from '../core/plan/written';
import { formatRange } from '../core/ranges/range';
import type { TargetResult } from '../core/report/run-record';
import { type Attempt, type Attempts, appliedResult, failedResult, lastOf } from '../core/report/target-result';
import type { RunDeadline } from './deadline';
import type { Acquire } from './rate-limit';
import { sameOwned } from './state/items';
import { ConflictError, type Snapshot, type Target } from './targets/target';

/** The inputs of planning that all targets share. */
export interface PlanContext {
  readonly desired: readonly DesiredRange[];
  /** The same, with the operator's own ranges. */
  readonly desiredWithExtra: readonly DesiredRange[];
  readonly policy: Omit<PolicyContext, 'ports' | 'targetId' | 'hasRecords' | 'ownershipComplete' | 'begun'>;
  /** The description of an entry, where AWS stores one. */
  readonly describe: (entry: DesiredEntry) => string;
}

export interface ReconcileContext extends PlanContext {
  readonly deadline: RunDeadline;
  /** Waits until a target of this kind may be written. */
  readonly acquire: Acquire;
  /** Saves the ownership records of a target. */
  readonly save: (targetId: string, owned: readonly OwnershipRecord[]) => Promise<void>;
  /** The text of an error for the operator. */
  readonly explain: (error: unknown) => string;
  /** Delay before the second attempt; doubled each time, with jitter. @default 200 ms */
  readonly backoffMs?: number | undefined;
}

/** A target as it was read, and the changes to make. Nothing has been written yet. */
export interface TargetPlan extends Attempt {
  readonly target: Target;
  readonly snapshot: Snapshot;
  /** The changes of the decision, in the order in which they are written. */
  readonly sequence: WriteSequence;
}

/** How often a run reads and plans a target that others keep changing. */
const MAX_TRIES = 5;

/** What earlier attempts of a run know of a target. */
interface Earlier {
  /** The ownership records, with those of what was written. */
  readonly known: readonly OwnershipRecord[];
  /** All changes of the attempt that began to apply an approved plan. */
  readonly begun: GatedChanges | undefined;
}

/**
 * Reads one target and plans.
 *
 * @param owned the ownership records of the target before the run; undefined if there are none
 * @throws TargetError
 */
export async function planTarget(
  target: Target,
  owned: readonly OwnershipRecord[] | undefined,
  context: PlanContext,
  { known, begun }: Earlier = { known: owned ?? [], begun: undefined },
): Promise<TargetPlan> {
  const { id: targetId, ports, exclusive, hasExtraRanges } = target;
  const snapshot = await target.read(known);
  const all = hasExtraRanges ? context.desiredWithExtra : context.desired;
  const desired = all.filter(({ range }) => snapshot.families.includes(range.family));
  const planned = plan(desired, ports, snapshot.entries);
  const hasRecords = owned !== undefined;
  const ownershipComplete = exclusive && hasRecords;
  const policy = { ...context.policy, targetId, ports, hasRecords, ownershipComplete, begun };
  const { decision, sequence, quotaError } = fitDecision(planned, policy, snapshot.capacity);
  const ownedAfter = ownershipAfter(decision, desired, known, policy);
  const allowed = desired.map(({ range }) => range);
  return { target, snapshot, allowed, owned, decision, sequence, quotaError, ownedAfter };
}

/**
 * Applies a plan. After a conflict it reads and plans again, at most 5 times in all, with jitter.
 *
 * @returns the changes that were made, even if the target failed: a failing target does not stop the others
 */
export async function reconcile(first: TargetPlan, context: ReconcileContext): Promise<TargetResult> {
  const { deadline, acquire, explain } = context;
  const reconciliation = new Reconciliation(first, context);
  const { attempts } = reconciliation;
  try {
    await deadline.race(acquire(first.target.kind));
    await deadline.race(applyUntilDone(reconciliation, context));
    return appliedResult(attempts);
  } catch (error) {
    // After the deadline nothing is read anymore: then what AWS confirmed is reported.
    const after = await deadline.race(reconciliation.readAfterFailure()).catch(() => reconciliation.confirmed);
    return failedResult(attempts, explain(error), after);
  }
}

/** @throws ConflictError @throws TargetError */
async function applyUntilDone(reconciliation: Reconciliation, { backoffMs }: ReconcileContext): Promise<void> {
  await pRetry(
    async (attempt) => {
      if (attempt > 1) await reconciliation.planAgain();
      await reconciliation.apply();
    },
    {
      retries: MAX_TRIES - 1,
      minTimeout: backoffMs ?? 200,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof ConflictError,
    },
  );
}

/** All attempts at one target, and what they wrote. */
class Reconciliation {
  readonly attempts: Attempts<TargetPlan>;
  readonly #target: Target;
  /** The ownership records as saved; undefined if there are none. */
  #saved: readonly OwnershipRecord[] | undefined;
  /** The records before the run, and those of what was written since. Others may have added what a failed attempt wanted to add. */
  #known: readonly OwnershipRecord[];
  /** What the last attempt wrote. */
  #progress: WriteProgress;

  constructor(
    first: TargetPlan,
    private readonly context: ReconcileContext,
  ) {
    this.attempts = [first];
    this.#target = first.target;
    this.#saved = first.owned;
    this.#known = first.owned ?? [];
    this.#progress = new WriteProgress(first.snapshot.entries);
  }

  /** The entries of the target as far as AWS confirmed them; undefined if no attempt changed anything. */
  get confirmed(): readonly CurrentEntry[] | undefined {
    const before = this.attempts.length > 1 ? lastOf(this.attempts).snapshot.entries : undefined;
    return this.#progress.entries ?? before;
  }

  /** Applies the last plan. @throws ConflictError @throws TargetError */
  async apply(): Promise<void> {
    const current = lastOf(this.attempts);
    const { snapshot, sequence, ownedAfter } = current;
    if (hasChanges(current)) {
      // Ownership first: a run that ends before it recorded its write must not leave entries without an ownership record.
      await this.#save(ownershipDuring(ownedAfter, this.#known));
      await this.#target.apply(snapshot, sequence, this.context.describe, this.#progress);
    }
    await this.#save(ownedAfter);
  }

  /** @throws TargetError */
  async planAgain(): Promise<void> {
    this.#learn();
    const plan = await this.#plan();
    this.attempts.push(this.#progress.confirmsBy(plan.snapshot.entries) ? await this.#learnAndPlan() : plan);
    this.#progress = new WriteProgress(lastOf(this.attempts).snapshot.entries);
  }

  /**
   * Records as managed only the entries that were written before the failure. If the target has no records, none are saved: with an empty
   * list, every entry of the target would count as an entry of others.
   *
   * @throws TargetError @throws StateUnavailableError
   */
  async readAfterFailure(): Promise<readonly CurrentEntry[]> {
    this.#learn();
    let { entries } = await this.#target.read(this.#known);
    if (this.#progress.confirmsBy(entries)) {
      this.#learn();
      ({ entries } = await this.#target.read(this.#known));
    }
    if (this.#saved === undefined) return entries;
    const managed = new Set(entries.filter((entry) => entry.managed).map(({ range }) => formatRange(range)));
    const during = ownershipDuring(lastOf(this.attempts).ownedAfter, this.#known);
    await this.#save(during.filter(({ range }) => managed.has(formatRange(range))));
    return entries;
  }

  /** Adds the records of what the last attempt wrote. */
  #learn(): void {
    this.#known = ownershipDuring(this.#progress.recordsIn(lastOf(this.attempts).ownedAfter), this.#known);
  }

  /** The answer to a write was lost. */
  #learnAndPlan(): Promise<TargetPlan> {
    this.#learn();
    return this.#plan();
  }

  #plan(): Promise<TargetPlan> {
    const [{ owned }] = this.attempts;
    const approved = this.attempts.find(({ decision }) => decision.approved);
    return planTarget(this.#target, owned, this.context, {
      known: this.#known,
      begun: approved?.decision.changes,
    });
  }

  /** Only if they changed. @throws StateUnavailableError */
  async #save(next: readonly OwnershipRecord[]): Promise<void> {
    if (!this.#saved || !sameOwned(this.#saved, next)) await this.context.save(this.#target.id, next);
    this.#saved = next;
  }
}

export function hasChanges({ sequence }: TargetPlan): boolean {
  return sequence.steps.length > 0;
}
