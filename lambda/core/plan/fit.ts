import type { Changes, CurrentEntry } from './entries';
import { applyPolicy, type Decision, type PolicyContext } from './policy';
import { type Capacity, QuotaError, sequenceChanges, type WriteSequence } from './sequence';

/** A decision whose changes fit into the target, and the order in which they are written. */
export interface FittingDecision<E extends CurrentEntry = CurrentEntry> {
  readonly decision: Decision<E>;
  readonly sequence: WriteSequence<E>;
  /** Why changes do not fit: those of the plan, or those that await approval. Undefined if all fit. */
  readonly quotaError: string | undefined;
}

/**
 * Applies the policy, and makes no changes if they do not fit. Pending removals stay pending then: once their grace period has passed,
 * they make room for the changes.
 */
export function fitDecision<E extends CurrentEntry>(
  planned: Changes<E>,
  policy: PolicyContext,
  capacity: Capacity,
): FittingDecision<E> {
  const decision = applyPolicy(planned, policy);
  const { changes, pending, approved } = decision;
  const managed = [...planned.unchanged, ...planned.remove].filter((entry) => entry.managed).length;
  const inOrder = (some: Pick<Changes<E>, 'add' | 'remove'>) =>
    sequenceChanges(some, capacity, managed, pending.length);
  try {
    return { decision, sequence: inOrder(changes), quotaError: errorOf(() => inOrder(wholeOf(decision))) };
  } catch (error) {
    if (!(error instanceof QuotaError)) throw error;
    // What needs no approval may fit without the approved changes.
    if (approved) return fitDecision(planned, { ...policy, approved: undefined, begun: undefined }, capacity);
    return {
      decision: withoutChanges(decision),
      sequence: { steps: [], removedFirst: [] },
      quotaError: error.message,
    };
  }
}

function wholeOf<E extends CurrentEntry>({ changes, awaitingApproval }: Decision<E>) {
  return {
    add: [...changes.add, ...awaitingApproval.add],
    remove: [...changes.remove, ...awaitingApproval.remove],
  };
}

/** Why the changes that await approval do not fit together with the others. */
function errorOf(sequence: () => unknown): string | undefined {
  try {
    sequence();
    return undefined;
  } catch (error) {
    if (!(error instanceof QuotaError)) throw error;
    return (
      `The changes that await approval do not fit: ${error.numbers}. They are not applied, approved or not: notifications from the new ranges ` +
      'among them are blocked. Other changes do not wait for them. Raise the limit or remove entries that this stack does not manage, ' +
      'then invoke the sync again'
    );
  }
}

/** The same decision before any change: the removals keep their ownership records. */
function withoutChanges<E extends CurrentEntry>(decision: Decision<E>): Decision<E> {
  const { changes, deferred } = decision;
  const reason = 'the changes do not fit into the target';
  return {
    ...decision,
    changes: { ...changes, add: [], remove: [] },
    deferred: [...deferred, ...changes.remove.map((entry) => ({ entry, reason }))],
    unapprovedAdd: [],
  };
}
