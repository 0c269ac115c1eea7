import pRetry from 'p-retry';
import { REGIONS, type Region } from '../shared/regions';
import type { CurrentEntry, DesiredEntry, DesiredRange } from './plan/plan';
import { plan } from './plan/plan';
import { applyPolicy, type PolicyContext, type Verdict } from './plan/policy';
import { formatRange, type Range } from './ranges/range';
import type { OwnedRange } from './state/store';
import { ConflictError, type Snapshot, type Target } from './targets/target';

/** What a survey needs beside its target. */
export interface SurveyContext {
  readonly desired: readonly DesiredRange[];
  readonly policy: Omit<PolicyContext, 'ports'>;
  /** ISO 8601, UTC. */
  readonly now: string;
  /** A text for people on an entry that can carry one. */
  readonly describe: (entry: DesiredEntry) => string;
}

export interface ReconcileContext extends SurveyContext {
  /** Remembers what we own in the target. Called before a write with all that may be ours after it, then with what is. */
  readonly remember: (owned: readonly OwnedRange[]) => Promise<void>;
}

/** A target as it was read, and what would be done to it. Nothing is written yet. */
export interface Survey {
  readonly target: Target;
  readonly snapshot: Snapshot;
  readonly verdict: Verdict;
  /** What we own once the verdict is applied. */
  readonly ownedAfter: readonly OwnedRange[];
}

/** A target that changes under our hands is read again and planned again this often. */
const MAX_TRIES = 5;
const BACKOFF_MS = 200;

/** Reads one target and plans. @throws TargetError */
export async function survey(target: Target, owned: readonly OwnedRange[], context: SurveyContext): Promise<Survey> {
  const snapshot = await target.read(owned);
  const desired = context.desired.filter(({ range }) => snapshot.families.includes(range.family));
  const changes = plan(desired, target.ports, snapshot.entries);
  const verdict = applyPolicy(changes, { ...context.policy, ports: target.ports });
  return { target, snapshot, verdict, ownedAfter: ownedOnceApplied(verdict, desired, owned, context) };
}

/**
 * Applies a survey. On a conflict it reads and plans again, at most 5 times in all with jitter.
 *
 * @returns the survey that was applied in the end. @throws ConflictError @throws TargetError
 */
export async function reconcile(
  first: Survey,
  owned: readonly OwnedRange[],
  context: ReconcileContext,
): Promise<Survey> {
  let current = first;
  let mayBeOurs = owned;
  return pRetry(
    async (attempt) => {
      if (attempt > 1) current = await survey(first.target, mayBeOurs, context);
      const { snapshot, verdict, ownedAfter } = current;
      if (hasChanges(current)) {
        // Ownership first: a run that dies between the write and its record must not leave entries that nobody owns.
        mayBeOurs = unionOwned(ownedAfter, mayBeOurs);
        await context.remember(mayBeOurs);
        await current.target.apply(snapshot, verdict.changes, context.describe);
      }
      await context.remember(ownedAfter);
      return current;
    },
    {
      retries: MAX_TRIES - 1,
      minTimeout: BACKOFF_MS,
      randomize: true,
      shouldRetry: ({ error }) => error instanceof ConflictError,
    },
  );
}

export function hasChanges({ verdict: { changes } }: Survey): boolean {
  return changes.add.length > 0 || changes.remove.length > 0;
}

/**
 * Entries of ours whose region nothing remembers are left out: to remember a guess would make it true. A region in doubt stays
 * remembered, though only another one publishes the range now.
 */
function ownedOnceApplied(
  { changes, held }: Verdict,
  desired: readonly DesiredRange[],
  remembered: readonly OwnedRange[],
  { now, policy: { doubts } }: SurveyContext,
): OwnedRange[] {
  const published = new Map(desired.map((entry) => [formatRange(entry.range), entry.regions]));
  const known = new Map(remembered.map((entry) => [formatRange(entry.range), entry]));
  const stays: { range: Range; regions?: CurrentEntry['regions'] }[] = [
    ...changes.unchanged.filter((entry) => entry.ours),
    ...held.map(({ entry }) => entry),
    ...changes.add,
  ];
  const after = new Map<string, OwnedRange>();
  for (const { range, regions } of stays) {
    const key = formatRange(range);
    const before = known.get(key);
    const doubtful = before?.regions.filter((region) => doubts.has(region)) ?? [];
    const of = published.has(key) ? [...(published.get(key) ?? []), ...doubtful] : regions;
    if (of) after.set(key, { range, regions: inOrder(of), addedAt: before?.addedAt ?? now });
  }
  return [...after.values()];
}

/** Each once, as they are always named: what is remembered must not differ by order alone. */
function inOrder(regions: readonly Region[]): Region[] {
  return REGIONS.filter((region) => regions.includes(region));
}

function unionOwned(after: readonly OwnedRange[], before: readonly OwnedRange[]): OwnedRange[] {
  return [...new Map([...before, ...after].map((entry) => [formatRange(entry.range), entry])).values()];
}
