import { INTERCOM_REGIONS, type IntercomRegion } from '../../shared/intercom-regions';
import type { RegionResult, TargetResult } from './run-record';

/** Splits what is said of a target by region. Regions of which there is nothing to say are left out. */
export function changesByRegion(
  {
    added,
    removed,
    pendingRemoval,
    awaitingApproval,
  }: Pick<TargetResult, 'added' | 'removed' | 'pendingRemoval' | 'awaitingApproval'>,
  inForce: readonly string[],
  regionsOf: (range: string) => readonly IntercomRegion[],
): RegionResult[] {
  const pending = pendingRemoval.map(({ range }) => range);
  return [...INTERCOM_REGIONS, 'unknown' as const].flatMap((region) => {
    const ofRegion = (ranges: readonly string[]) => ranges.filter((range) => isOf(regionsOf(range), region));
    const share = {
      region,
      inForce: ofRegion(inForce).length,
      added: ofRegion(added),
      removed: ofRegion(removed),
      pendingRemoval: ofRegion(pending),
      awaitingApproval: { added: ofRegion(awaitingApproval.added), removed: ofRegion(awaitingApproval.removed) },
    };
    return isSilent(share) ? [] : [share];
  });
}

function isOf(intercomRegions: readonly IntercomRegion[], region: RegionResult['region']): boolean {
  return region === 'unknown' ? intercomRegions.length === 0 : intercomRegions.includes(region);
}

function isSilent({ inForce, added, removed, pendingRemoval, awaitingApproval }: RegionResult): boolean {
  const said =
    added.length +
    removed.length +
    pendingRemoval.length +
    awaitingApproval.added.length +
    awaitingApproval.removed.length;
  return inForce + said === 0;
}
