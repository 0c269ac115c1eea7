import { INTERCOM_REGIONS, type IntercomRegion } from '../../shared/intercom-regions';
import { formatRange } from '../ranges/range';
import type { DesiredRange, OwnershipRecord } from './entries';
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
 *     absent, deferred, without a record                 of no region; not at all where the records are complete
 */
export function ownershipAfter(
  { changes, deferred, pending, awaitingApproval }: Decision,
  desired: readonly DesiredRange[],
  recorded: readonly OwnershipRecord[],
  { now, distrustReasons, ownershipComplete }: Pick<RemovalContext, 'now' | 'distrustReasons' | 'ownershipComplete'>,
): OwnershipRecord[] {
  const published = new Map(desired.map((entry) => [formatRange(entry.range), entry.intercomRegions]));
  const known = new Map(recorded.map((entry) => [formatRange(entry.range), entry]));
  const after = new Map<string, OwnershipRecord>();
  for (const { range, ownership } of [...deferred.map(({ entry }) => entry), ...awaitingApproval.remove]) {
    // Adopted: once the target has records, an entry without one would count as an entry of others.
    const adopted = ownershipComplete ? undefined : { range, intercomRegions: [], addedAt: now };
    const entry = ownership ?? adopted;
    if (entry) after.set(formatRange(range), entry);
  }
  for (const { entry, absentSince } of pending) {
    const { range, ownership } = entry;
    const { intercomRegions, addedAt } = ownership ?? { intercomRegions: [], addedAt: now };
    after.set(formatRange(range), { range, intercomRegions, addedAt, absentSince });
  }
  for (const { range } of [...changes.unchanged.filter((entry) => entry.managed), ...changes.add]) {
    const key = formatRange(range);
    const before = known.get(key);
    const distrusted = before?.intercomRegions.filter((region) => distrustReasons.has(region)) ?? [];
    const intercomRegions = inOrder([...(published.get(key) ?? []), ...distrusted]);
    after.set(key, { range, intercomRegions, addedAt: before?.addedAt ?? now });
  }
  return [...after.values()];
}

/** The records while a change is being applied: every range that may be managed before or after it. */
export function ownershipDuring(
  after: readonly OwnershipRecord[],
  before: readonly OwnershipRecord[],
): OwnershipRecord[] {
  return [...new Map([...before, ...after].map((entry) => [formatRange(entry.range), entry])).values()];
}

/** Each region once, in a fixed order, so that equal records are stored alike. */
function inOrder(intercomRegions: readonly IntercomRegion[]): IntercomRegion[] {
  return INTERCOM_REGIONS.filter((region) => intercomRegions.includes(region));
}
