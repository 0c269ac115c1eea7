import { RANGE_SOURCES, type RangeSource } from '../../shared/intercom-regions';
import type { RegionResult, TargetResult } from './run-record';

/** Splits the changes to a target by region. Omits regions without entries and changes. */
export function changesByRegion(
  {
    added,
    removed,
    pendingRemoval,
    awaitingApproval,
  }: Pick<TargetResult, 'added' | 'removed' | 'pendingRemoval' | 'awaitingApproval'>,
  inForce: readonly string[],
  regionsOf: (range: string) => readonly RangeSource[],
): RegionResult[] {
  const pending = pendingRemoval.map(({ range }) => range);
  return [...RANGE_SOURCES, 'unknown' as const].flatMap((region) => {
    const ofRegion = (ranges: readonly string[]) => ranges.filter((range) => isOf(regionsOf(range), region));
    const part = {
      region,
      inForce: ofRegion(inForce).length,
      added: ofRegion(added),
      removed: ofRegion(removed),
      pendingRemoval: ofRegion(pending),
      awaitingApproval: { added: ofRegion(awaitingApproval.added), removed: ofRegion(awaitingApproval.removed) },
    };
    return isEmpty(part) ? [] : [part];
  });
}

function isOf(intercomRegions: readonly RangeSource[], region: RegionResult['region']): boolean {
  return region === 'unknown' ? intercomRegions.length === 0 : intercomRegions.includes(region);
}

function isEmpty({ inForce, added, removed, pendingRemoval, awaitingApproval }: RegionResult): boolean {
  const lists = [added, removed, pendingRemoval, awaitingApproval.added, awaitingApproval.removed];
  return inForce === 0 && lists.every((ranges) => ranges.length === 0);
}
