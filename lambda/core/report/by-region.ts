import { INTERCOM_REGIONS, type IntercomRegion } from '../../shared/intercom-regions';
import type { TargetReport } from './report';

/** A region, or that nothing remembers which. */
export type IntercomRegionName = IntercomRegion | 'unknown';

/** One region's part of a target. A range that several regions publish is in the part of each. */
export interface RegionChanges {
  readonly region: IntercomRegionName;
  /** How many ranges of ours are in force: after the run, or, in a plan, now. */
  readonly inForce: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly pendingRemoval: readonly string[];
  readonly awaitingApproval: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/** Splits what is said of a target by region. Regions of which there is nothing to say are left out. */
export function changesByRegion(
  {
    added,
    removed,
    pendingRemoval,
    awaitingApproval,
  }: Pick<TargetReport, 'added' | 'removed' | 'pendingRemoval' | 'awaitingApproval'>,
  inForce: readonly string[],
  regionsOf: (range: string) => readonly IntercomRegion[],
): RegionChanges[] {
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

function isOf(intercomRegions: readonly IntercomRegion[], region: IntercomRegionName): boolean {
  return region === 'unknown' ? intercomRegions.length === 0 : intercomRegions.includes(region);
}

function isSilent({ inForce, added, removed, pendingRemoval, awaitingApproval }: RegionChanges): boolean {
  const said =
    added.length +
    removed.length +
    pendingRemoval.length +
    awaitingApproval.added.length +
    awaitingApproval.removed.length;
  return inForce + said === 0;
}
