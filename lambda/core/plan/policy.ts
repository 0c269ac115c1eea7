import { gateAdditions } from './additions';
import { type AwaitingApproval, type GatedChanges, gateRemovals, isPartOf, planIdOf } from './approval';
import type { Changes, CurrentEntry, DesiredEntry } from './entries';
import { coverageByPort } from './plan';
import { type RemovalContext, ruleRemoval } from './removal';

/** The input of the rules, in addition to the plan. */
export interface PolicyContext extends RemovalContext {
  /** The target's id: a plan is approved for one target. */
  readonly targetId: string;
  /** Whether the state has ownership records of the target. A lost state has none. */
  readonly hasRecords: boolean;
  /** The share of a region's ranges in a target that may be removed in one run without approval. */
  readonly maxRemovalShare: number;
  /** The id of the plan that an operator approved. */
  readonly approved: string | undefined;
  /** All changes of the attempt of the run that began to apply that plan, if one did. What is left of them stays approved. */
  readonly begun?: GatedChanges | undefined;
}

/** A removal that a rule defers in this run. */
export interface DeferredRemoval<E extends CurrentEntry = CurrentEntry> {
  readonly entry: E;
  readonly reason: string;
}

/** A removal that is pending until its range has been absent for the grace period. Both times are ISO 8601, UTC. */
export interface PendingRemoval<E extends CurrentEntry = CurrentEntry> {
  readonly entry: E;
  readonly absentSince: string;
  readonly removeAfter: string;
}

/** What happens to each planned change. Each is in exactly one place. */
export interface Decision<E extends CurrentEntry = CurrentEntry> {
  /** To be applied now. */
  readonly changes: Changes<E>;
  readonly pending: readonly PendingRemoval<E>[];
  readonly deferred: readonly DeferredRemoval<E>[];
  /** The changes that await approval by `planId`. */
  readonly awaitingApproval: AwaitingApproval<E>;
  /** The id of the changes that await approval, or that this run applies because they were approved. */
  readonly planId: string | undefined;
  /** Whether `changes` include approved ones. */
  readonly approved: boolean;
  /** Those that are. */
  readonly approvedChanges: GatedChanges;
  /** The additions that need no approval, and whose addresses count against the limit from now on. */
  readonly unapprovedAdd: readonly DesiredEntry[];
  /** The error if all removals are blocked because they would empty the target, approved or not. */
  readonly blocked: string | undefined;
}

/**
 * Applies every rule to a plan and sorts its changes: now, pending, deferred, or awaiting approval.
 *
 * Additions are applied at once within the limit of `additions.ts`. Removals must pass the rules of `removal.ts`, then those
 * of `approval.ts`. A target is never emptied, approved or not.
 */
export function applyPolicy<E extends CurrentEntry>(planned: Changes<E>, context: PolicyContext): Decision<E> {
  const current = [...planned.unchanged, ...planned.remove];
  const additions = gateAdditions(planned.add, current, context);
  const add = without(planned.add, additions.awaitingApproval);
  const { exempt, eligible, pending, deferred } = ruleRemovals({ ...planned, add }, context);
  // Removals that would empty the target even once approved are not offered for approval: `neverEmpty` defers them.
  const offered = staysManaged({ ...planned, pending, deferred }) ? eligible : [];
  const { maxRemovalShare } = context;
  const removals = gateRemovals(offered, current, add, { maxRemovalShare, gated: additions.intercomRegions });
  const awaitingApproval = {
    add: additions.awaitingApproval,
    remove: removals.awaitingApproval,
    reasons: [...additions.reasons, ...removals.reasons],
  };
  const passing = new Set([...exempt, ...without(eligible, awaitingApproval.remove)]);
  const changes = { ...planned, add, remove: planned.remove.filter((entry) => passing.has(entry)) };
  const { unapprovedAdd } = additions;
  return neverEmpty(resolveApproval({ changes, pending, deferred, awaitingApproval, unapprovedAdd }, planned, context));
}

type Rulings<E extends CurrentEntry> = Pick<Decision<E>, 'pending' | 'deferred'>;
type Sorted<E extends CurrentEntry> = Omit<Decision<E>, 'planId' | 'approved' | 'approvedChanges' | 'blocked'>;

const NO_CHANGES: GatedChanges = { add: [], remove: [] };

/** Sorts planned removals by the rules for single removals. */
function ruleRemovals<E extends CurrentEntry>(
  { add, remove, unchanged }: Changes<E>,
  context: PolicyContext,
): Rulings<E> & { readonly exempt: readonly E[]; readonly eligible: readonly E[] } {
  const staysAllowed = coverageByPort([...unchanged, ...add]);
  const sorted = {
    exempt: [] as E[],
    eligible: [] as E[],
    pending: [] as PendingRemoval<E>[],
    deferred: [] as DeferredRemoval<E>[],
  };
  for (const entry of remove) {
    const { kind, ...details } = ruleRemoval(entry, staysAllowed(entry), context);
    if (kind === 'exempt' || kind === 'eligible') sorted[kind].push(entry);
    else if ('reason' in details) sorted.deferred.push({ entry, ...details });
    else if ('absentSince' in details) sorted.pending.push({ entry, ...details });
  }
  return sorted;
}

/** Computes the id of the changes that await approval, and applies them if that id was approved, or if they are left of that plan. */
function resolveApproval<E extends CurrentEntry>(
  sorted: Sorted<E>,
  planned: Changes<E>,
  { targetId, approved, begun = NO_CHANGES }: PolicyContext,
): Decision<E> {
  const { changes, awaitingApproval } = sorted;
  const anyAwait = awaitingApproval.add.length + awaitingApproval.remove.length > 0;
  const planId = anyAwait ? planIdOf(targetId, awaitingApproval) : undefined;
  const isApproved = anyAwait && approved !== undefined && (planId === approved || isPartOf(awaitingApproval, begun));
  if (!isApproved) return { ...sorted, planId, approved: false, approvedChanges: NO_CHANGES, blocked: undefined };
  const remove = new Set([...changes.remove, ...awaitingApproval.remove]);
  return {
    ...sorted,
    changes: { ...changes, add: planned.add, remove: planned.remove.filter((entry) => remove.has(entry)) },
    awaitingApproval: { add: [], remove: [], reasons: [] },
    planId: approved,
    approved: true,
    approvedChanges: awaitingApproval,
    blocked: undefined,
  };
}

/** The managed entries of a target are never all removed. Entries of others count only if they cover a desired range. */
function neverEmpty<E extends CurrentEntry>(decision: Decision<E>): Decision<E> {
  const { changes, deferred, awaitingApproval } = decision;
  const { remove } = changes;
  if (remove.length === 0 || awaitingApproval.remove.length > 0 || staysManaged({ ...changes, ...decision }))
    return decision;
  const reason = 'a target is never emptied';
  return {
    ...decision,
    changes: { ...changes, remove: [] },
    deferred: [...deferred, ...remove.map((entry) => ({ entry, reason }))],
    blocked:
      `removing all ${remove.length} entries would leave the target empty, which is never done: nothing was removed. ` +
      'Check the feeds and `intercomRegions`; remove unwanted entries manually',
  };
}

/** Whether the target still allows something after all planned removals. */
function staysManaged<E extends CurrentEntry>({
  add,
  covered,
  unchanged,
  pending,
  deferred,
}: Omit<Changes<E>, 'remove'> & Rulings<E>): boolean {
  const kept = add.length + covered.length + pending.length + deferred.length;
  return kept > 0 || unchanged.some((entry) => entry.managed);
}

function without<T>(items: readonly T[], excluded: readonly T[]): T[] {
  const gone = new Set(excluded);
  return items.filter((item) => !gone.has(item));
}
