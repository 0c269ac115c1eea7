import pRetry from 'p-retry';
import type { CurrentEntry, DesiredEntry, DesiredRange, OwnershipRecord } from '../core/plan/entries';
import { fitDecision } from '../core/plan/fit';
import { ownershipAfter, ownershipDuring } from '../core/plan/ownership';
import { plan } from '../core/plan/plan';
import type { PolicyContext } from '../core/plan/policy';
import type { WriteSequence } from '../core/plan/sequence';
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
  readonly desiredInExclusive: readonly DesiredRange[];
  readonly policy: Omit<PolicyContext, 'ports' | 'targetId' | 'hasRecords' | 'ownershipComplete'>;
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

/**
 * Reads one target and plans.
 *
 * @param owned the ownership records of the target; undefined if there are none
 * @throws TargetError
 */
export async function planTarget(
  target: Target,
  owned: readonly OwnershipRecord[] | undefined,
  context: PlanContext,
): Promise<TargetPlan> {
  const { id: targetId, ports, exclusive } = target;
  const snapshot = await target.read(owned ?? []);
  const all = exclusive ? context.desiredInExclusive : context.desired;
  const desired = all.filter(({ range }) => snapshot.families.includes(range.family));
  const planned = plan(desired, ports, snapshot.entries);
  const hasRecords = owned !== undefined;
  const policy = { ...context.policy, targetId, ports, hasRecords, ownershipComplete: exclusive && hasRecords };
  const { decision, sequence, quotaError } = fitDecision(planned, policy, snapshot.capacity);
  const ownedAfter = ownershipAfter(decision, desired, owned ?? [], policy);
  const allowed = desired.map(({ range }) => range);
  return { target, snapshot, allowed, owned, decision, sequence, quotaError, ownedAfter };
}

/**
 * Applies a plan. After a conflict it reads and plans again, at most 5 times in all, with jitter.
 *
 * @returns the changes that were made, even if the target failed: a failing target does not stop the others
 */
export async function reconcile(first: TargetPlan, context: ReconcileContext): Promise<TargetResult> {
  const { target, owned } = first;
  const { deadline, acquire, save, explain } = context;
  const attempts: Attempts<TargetPlan> = [first];
  const ledger = new OwnershipLedger(owned, (next) => save(target.id, next));
  try {
    await deadline.race(acquire(target.kind));
    await deadline.race(applyUntilDone(attempts, ledger, context));
    return appliedResult(attempts);
  } catch (error) {
    const after = await deadline.race(readAfterFailure(target, ledger)).catch(() => undefined);
    return failedResult(attempts, explain(error), after);
  }
}

/** The ownership records of one target, saved only when they change. */
class OwnershipLedger {
  constructor(
    public recorded: readonly OwnershipRecord[] | undefined,
    private readonly save: (owned: readonly OwnershipRecord[]) => Promise<void>,
  ) {}

  async record(next: readonly OwnershipRecord[]): Promise<void> {
    if (!this.recorded || !sameOwned(this.recorded, next)) await this.save(next);
    this.recorded = next;
  }
}

/** @throws ConflictError @throws TargetError */
async function applyUntilDone(
  attempts: Attempts<TargetPlan>,
  ledger: OwnershipLedger,
  context: ReconcileContext,
): Promise<void> {
  await pRetry(
    async (attempt) => {
      if (attempt > 1) attempts.push(await planTarget(attempts[0].target, ledger.recorded, context));
      const current = lastOf(attempts);
      const { target, snapshot, sequence, ownedAfter } = current;
      if (hasChanges(current)) {
        // Ownership first: a run that ends before it recorded its write must not leave entries without an ownership record.
        await ledger.record(ownershipDuring(ownedAfter, ledger.recorded ?? []));
        await target.apply(snapshot, sequence, context.describe);
      }
      await ledger.record(ownedAfter);
    },
    {
      retries: MAX_TRIES - 1,
      minTimeout: context.backoffMs ?? 200,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof ConflictError,
    },
  );
}

/**
 * Records as managed only the entries that were written before the failure. If the target has no records, none are saved: with an empty
 * list, every entry of the target would count as an entry of others.
 */
async function readAfterFailure(target: Target, ledger: OwnershipLedger): Promise<readonly CurrentEntry[]> {
  const { recorded } = ledger;
  const { entries } = await target.read(recorded ?? []);
  if (recorded === undefined) return entries;
  const there = new Set(entries.map((entry) => formatRange(entry.range)));
  await ledger.record(recorded.filter((entry) => there.has(formatRange(entry.range))));
  return entries;
}

export function hasChanges({ sequence }: TargetPlan): boolean {
  return sequence.steps.length > 0;
}
