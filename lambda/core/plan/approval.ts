import { createHash } from 'node:crypto';
import { INTERCOM_REGIONS, type IntercomRegion, type RangeSource } from '../../shared/intercom-regions';
import { formatRange, type Range } from '../ranges/range';
import type { CurrentEntry, DesiredEntry } from './entries';

/** The part of a plan that awaits approval. */
export interface AwaitingApproval<E extends CurrentEntry = CurrentEntry> {
  readonly add: readonly DesiredEntry[];
  readonly remove: readonly E[];
  /** Which limits it would exceed; empty if nothing awaits approval. */
  readonly reasons: readonly string[];
}

/**
 * The removals that need approval: of regions that would lose too large a share of their ranges in the target, and of regions
 * whose additions await approval, because the published ranges must be in force before earlier ones are removed.
 *
 * @param eligible removals that pass the rules for single removals
 * @param current all entries of the target
 * @param add additions, which come first and count as part of the target: otherwise a removal would await approval in this run
 * and happen without approval in the next
 */
export function gateRemovals<E extends CurrentEntry>(
  eligible: readonly E[],
  current: readonly CurrentEntry[],
  add: readonly DesiredEntry[],
  { maxRemovalShare, gated }: { readonly maxRemovalShare: number; readonly gated: ReadonlySet<IntercomRegion> },
): { readonly awaitingApproval: readonly E[]; readonly reasons: string[] } {
  const managed = [...current.filter((entry) => entry.managed), ...add];
  const ofRegions = INTERCOM_REGIONS.map((region) => {
    const remove = eligible.filter(isOf(region));
    const total = managed.filter(isOf(region));
    return { name: region.toUpperCase(), remove, counted: remove, total, isGated: gated.has(region) };
  });
  // An entry of unknown region may be of any region, so it is counted with all removals, and awaits approval with them.
  const ofUnknown = {
    name: 'of all',
    remove: eligible.filter(isOfUnknown),
    counted: eligible,
    total: managed,
    isGated: gated.size > 0,
  };
  const reasons: string[] = [];
  const awaitingApproval = new Set<E>();
  for (const { name, remove, counted, total, isGated } of [...ofRegions, ofUnknown]) {
    const [removed, all] = [countRanges(counted), countRanges(total)];
    const tooMany = remove.length > 0 && removed > all * maxRemovalShare;
    if (tooMany) reasons.push(`removing ${removed} of ${all} ${name} ranges, over a share of ${maxRemovalShare}`);
    // All that were counted: if some were removed now, the rest would be within the share of the next run.
    for (const entry of tooMany ? counted : isGated ? remove : []) awaitingApproval.add(entry);
  }
  return { awaitingApproval: eligible.filter((entry) => awaitingApproval.has(entry)), reasons };
}

/** The format of a plan's id. */
export const PLAN_ID = /^[0-9a-f]{12}$/;

/** Additions and removals that await approval, or that were approved. */
export type GatedChanges = Pick<AwaitingApproval, 'add' | 'remove'>;

/** A hash of the target and the changes: the same plan has the same id in every run. */
export function planIdOf(targetId: string, { add, remove }: GatedChanges): string {
  const plan = JSON.stringify([targetId, add.map(placeText).sort(), remove.map(placeText).sort()]);
  return createHash('sha256').update(plan).digest('hex').slice(0, 12);
}

/** Whether every one of these changes is among those. */
export function isPartOf(these: GatedChanges, those: GatedChanges): boolean {
  const [added, removed] = [new Set(those.add.map(placeText)), new Set(those.remove.map(placeText))];
  return (
    these.add.every((entry) => added.has(placeText(entry))) &&
    these.remove.every((entry) => removed.has(placeText(entry)))
  );
}

function placeText({ range, port }: Pick<CurrentEntry, 'range' | 'port'>): string {
  return `${formatRange(range)} ${port ?? ''}`;
}

/** The regions that publish a desired entry, or that published a current one according to its record. */
function regionsOf(entry: CurrentEntry | DesiredEntry): readonly RangeSource[] {
  return 'intercomRegions' in entry ? entry.intercomRegions : (entry.ownership?.intercomRegions ?? []);
}

function isOf(region: IntercomRegion): (entry: CurrentEntry | DesiredEntry) => boolean {
  return (entry) => regionsOf(entry).includes(region);
}

function isOfUnknown(entry: CurrentEntry): boolean {
  return regionsOf(entry).length === 0;
}

/** A range at several ports counts once. */
function countRanges(entries: readonly { readonly range: Range }[]): number {
  return new Set(entries.map(({ range }) => formatRange(range))).size;
}
