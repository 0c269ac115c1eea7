import { isIntercomRegion, RANGE_SOURCES, type RangeSource } from '../../shared/intercom-regions';
import { formatRange, type Range } from '../ranges/range';
import { countsAgainstLimit } from './additions';
import type { CurrentEntry, DesiredRange, OwnershipRecord } from './entries';
import type { Decision } from './policy';
import type { RemovalContext } from './removal';

/**
 * The ownership records once a decision is applied.
 *
 *     managed entry                                      is recorded
 *     desired                                            with the regions that publish it
 *     desired, and an untrusted feed published it        with that region too, though only another one publishes it now
 *     absent, removal pending                            with the time since which it is absent
 *     absent, removal deferred or awaiting approval      as before
 *     absent, awaiting approval, without a record        of no region
 *     absent, deferred, without a record                 of no region; not at all where the records are complete
 */
export function ownershipAfter(
  decision: Decision,
  desired: readonly DesiredRange[],
  recorded: readonly OwnershipRecord[],
  { now, distrustReasons, ownershipComplete }: Pick<RemovalContext, 'now' | 'distrustReasons' | 'ownershipComplete'>,
): OwnershipRecord[] {
  const { changes, deferred, pending, awaitingApproval } = decision;
  const published = new Map(desired.map((entry) => [formatRange(entry.range), entry.intercomRegions]));
  const known = new Map(recorded.map((entry) => [formatRange(entry.range), entry]));
  const after = new Map<string, OwnershipRecord>();
  const keep = (entries: readonly CurrentEntry[], adopts: boolean) => {
    for (const { range, ownership } of entries) {
      const entry = ownership ?? (adopts ? { range, intercomRegions: [], addedAt: now } : undefined);
      if (entry) after.set(formatRange(range), entry);
    }
  };
  // Once the target has records, an entry without one counts as an entry of others.
  keep(
    deferred.map(({ entry }) => entry),
    !ownershipComplete,
  );
  // Without a record, the next run would remove it as an entry of others, without approval.
  keep(awaitingApproval.remove, true);
  for (const { entry, absentSince } of pending) {
    const { range, ownership } = entry;
    after.set(formatRange(range), { ...(ownership ?? { range, intercomRegions: [], addedAt: now }), absentSince });
  }
  for (const { range } of [...changes.unchanged.filter((entry) => entry.managed), ...changes.add]) {
    const key = formatRange(range);
    const before = known.get(key);
    const distrusted =
      before?.intercomRegions.filter((source) => isIntercomRegion(source) && distrustReasons.has(source)) ?? [];
    const intercomRegions = inOrder([...(published.get(key) ?? []), ...distrusted]);
    after.set(key, { range, intercomRegions, addedAt: before?.addedAt ?? now, unapproved: before?.unapproved });
  }
  return withLimit([...after.values()], decision, recorded, now);
}

/**
 * Sets which records count against the limit on new addresses. Unless others await approval, the first fill of a target and
 * restored ranges do not count.
 */
function withLimit(
  after: readonly OwnershipRecord[],
  { unapprovedAdd, awaitingApproval }: Decision,
  recorded: readonly OwnershipRecord[],
  now: string,
): OwnershipRecord[] {
  const keysOf = (entries: readonly { readonly range: Range }[]) =>
    new Set(entries.map(({ range }) => formatRange(range)));
  const [added, known] = [keysOf(unapprovedAdd), keysOf(recorded)];
  const isGated = awaitingApproval.add.length > 0;
  return after.map((entry) => {
    const isAdded = added.has(formatRange(entry.range));
    const isNew = isAdded && known.size > 0 && !known.has(formatRange(entry.range));
    const { unapproved = isNew ? 'recent' : undefined, ...record } = entry;
    const limits = isGated && (isAdded || countsAgainstLimit(entry, now));
    const counts = limits ? 'limiting' : unapproved && 'recent';
    return counts ? { ...record, unapproved: counts } : record;
  });
}

/** The records while a change is being applied: every range that may be managed before or after it. */
export function ownershipDuring(
  after: readonly OwnershipRecord[],
  before: readonly OwnershipRecord[],
): OwnershipRecord[] {
  return [...new Map([...before, ...after].map((entry) => [formatRange(entry.range), entry])).values()];
}

/** The records of a target that could not be planned: what is desired is no longer absent. */
export function presentAgain(
  recorded: readonly OwnershipRecord[],
  desired: readonly DesiredRange[],
): OwnershipRecord[] {
  const wanted = new Set(desired.map(({ range }) => formatRange(range)));
  return recorded.map((entry) => (wanted.has(formatRange(entry.range)) ? { ...entry, absentSince: undefined } : entry));
}

/** Each source once, in a fixed order, so that equal records are stored alike. */
function inOrder(sources: readonly RangeSource[]): RangeSource[] {
  return RANGE_SOURCES.filter((source) => sources.includes(source));
}
