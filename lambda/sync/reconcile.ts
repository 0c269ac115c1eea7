import pRetry from 'p-retry';
import type { DesiredEntry, DesiredRange, OwnershipRecord } from '../core/plan/entries';
import { ownershipAfter, ownershipDuring } from '../core/plan/ownership';
import { plan } from '../core/plan/plan';
import { applyPolicy, type Decision, type PolicyContext } from '../core/plan/policy';
import { assertFits, sequenceChanges, type WriteSequence } from '../core/plan/sequence';
import { messageOf } from '../shared/errors';
import { ConflictError, type Snapshot, type Target } from './targets/target';

/** What planning a target needs in addition to the target. */
export interface PlanContext {
  readonly desired: readonly DesiredRange[];
  readonly policy: Omit<PolicyContext, 'ports' | 'targetId' | 'ownershipComplete'>;
  /** A text for people on an entry that can carry one. */
  readonly describe: (entry: DesiredEntry) => string;
}

export interface ReconcileContext extends PlanContext {
  /** Remembers what we own in the target. Called before a write with all that may be ours after it, then with what is. */
  readonly record: (owned: readonly OwnershipRecord[]) => Promise<void>;
  /** Wait before the second try; doubled each time, with jitter. @default 200 ms */
  readonly backoffMs?: number | undefined;
}

/** A target as it was read, and what would be done to it. Nothing is written yet. */
export interface TargetPlan {
  readonly target: Target;
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  /** How the verdict's changes are to be written. */
  readonly sequence: WriteSequence;
  /** Why what waits for approval could not be applied even then: it does not fit. */
  readonly unfit: string | undefined;
  /** What we own once the verdict is applied. */
  readonly ownedAfter: readonly OwnershipRecord[];
}

/** The looks at one target in one run, in order. */
export type Attempts = [TargetPlan, ...TargetPlan[]];

/** A target that changes under our hands is read again and planned again this often. */
const MAX_TRIES = 5;

/**
 * Reads one target and plans.
 *
 * @param owned what is remembered of the target; undefined when nothing is
 * @throws TargetError @throws QuotaError
 */
export async function planTarget(
  target: Target,
  owned: readonly OwnershipRecord[] | undefined,
  context: PlanContext,
): Promise<TargetPlan> {
  const { id: targetId, ports, exclusive } = target;
  const snapshot = await target.read(owned ?? []);
  const desired = context.desired.filter(({ range }) => snapshot.families.includes(range.family));
  const planned = plan(desired, ports, snapshot.entries);
  const policy = { ...context.policy, targetId, ports, ownershipComplete: exclusive && owned !== undefined };
  const decision = applyPolicy(planned, policy);
  const managed = snapshot.entries.filter((entry) => entry.managed).length;
  const sequence = sequenceChanges(decision.changes, snapshot.capacity, managed, decision.pending.length);
  const ownedAfter = ownershipAfter(decision, desired, owned ?? [], policy);
  return { target, snapshot, decision, sequence, unfit: unfitOf(decision, snapshot), ownedAfter };
}

function unfitOf({ changes, awaitingApproval, pending }: Decision, { capacity }: Snapshot): string | undefined {
  const whole = {
    add: [...changes.add, ...awaitingApproval.add],
    remove: [...changes.remove, ...awaitingApproval.remove],
  };
  try {
    assertFits(whole, capacity, pending.length);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Applies a survey. On a conflict it reads and plans again, at most 5 times in all with jitter.
 *
 * @returns every survey that was tried, the last of which was applied. @throws ConflictError @throws TargetError @throws QuotaError
 */
export async function reconcile(
  first: TargetPlan,
  owned: readonly OwnershipRecord[] | undefined,
  context: ReconcileContext,
): Promise<Attempts> {
  const tried: Attempts = [first];
  let possiblyManaged = owned;
  return pRetry(
    async (attempt) => {
      if (attempt > 1) tried.push(await planTarget(first.target, possiblyManaged, context));
      const current = lastOf(tried);
      const { snapshot, sequence, ownedAfter } = current;
      if (hasChanges(current)) {
        // Ownership first: a run that dies between the write and its record must not leave entries that nobody owns.
        possiblyManaged = ownershipDuring(ownedAfter, possiblyManaged ?? []);
        await context.record(possiblyManaged);
        await current.target.apply(snapshot, sequence, context.describe);
      }
      await context.record(ownedAfter);
      return tried;
    },
    {
      retries: MAX_TRIES - 1,
      minTimeout: context.backoffMs ?? 200,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof ConflictError,
    },
  );
}

export function lastOf(attempts: Attempts): TargetPlan {
  return attempts.at(-1) ?? attempts[0];
}

export function hasChanges({ sequence }: TargetPlan): boolean {
  return sequence.steps.length > 0;
}
