import { createHash } from 'node:crypto';
import { INTERCOM_REGIONS, type IntercomRegion } from '../../shared/intercom-regions';
import { formatRange, type Range, sizeOf } from '../ranges/range';
import { subtractRanges } from '../ranges/range-set';
import type { CurrentEntry, DesiredEntry } from './entries';

/** The part of a plan that waits until somebody approves it. */
export interface AwaitingApproval<E extends CurrentEntry = CurrentEntry> {
  readonly add: readonly DesiredEntry[];
  readonly remove: readonly E[];
  /** What it would do that is too much; empty when nothing awaits approval. */
  readonly reasons: readonly string[];
}

/**
 * More new addresses than this in one run need an approval: more than the smallest IPv4 network that is routed by itself.
 * Intercom publishes a handful of single ones.
 */
const MAX_NEW_ADDRESSES = 256;

/** In IPv6 a /56, what AWS gives a VPC, counts as one: so the smallest network that is routed by itself, a /48, is the limit too. */
const IPV6_UNIT = 56;

/**
 * The additions of regions that would let too many new addresses in: of each region that alone exceeds the limit, and of
 * every region where those that do not exceed it together. So one region's trouble does not delay another's, and what awaits
 * approval now awaits it in the next run too.
 *
 * @param managed the ranges that are allowed already: an address in them is not new
 */
export function gateAdditions(
  add: readonly DesiredEntry[],
  managed: readonly Range[],
): {
  readonly awaitingApproval: readonly DesiredEntry[];
  readonly intercomRegions: ReadonlySet<IntercomRegion>;
  readonly reasons: string[];
} {
  const intercomRegions = [...new Set(add.flatMap((entry) => entry.intercomRegions))];
  const newIn = (entries: readonly DesiredEntry[]) => countNew(entries, managed);
  const publishedBy = (region: IntercomRegion) => (entry: DesiredEntry) => entry.intercomRegions.includes(region);
  const tooMany = new Set(
    intercomRegions.filter((region) => newIn(add.filter(publishedBy(region))) > MAX_NEW_ADDRESSES),
  );
  const isGated = (entry: DesiredEntry) => entry.intercomRegions.every((region) => tooMany.has(region));
  if (newIn(add.filter((entry) => !isGated(entry))) > MAX_NEW_ADDRESSES) {
    for (const region of intercomRegions) tooMany.add(region);
  }
  const awaitingApproval = add.filter(isGated);
  const names = [...tooMany].map((region) => region.toUpperCase()).join(', ');
  const reason = `adding ${newIn(awaitingApproval)} new addresses of ${names}, over ${MAX_NEW_ADDRESSES} in a run`;
  return { awaitingApproval, intercomRegions: tooMany, reasons: awaitingApproval.length > 0 ? [reason] : [] };
}

/**
 * The removals of regions that would lose too large a share of their ranges in the target, and of regions whose additions
 * are refused: what is published must be in force before what was goes.
 *
 * @param due removals that no rule of their own keeps
 * @param current all that is in the target
 * @param add what comes first, and is there when removals begin: measured without it, what is refused now would go unasked in the
 * next run
 */
export function gateRemovals<E extends CurrentEntry>(
  eligible: readonly E[],
  current: readonly CurrentEntry[],
  add: readonly DesiredEntry[],
  { maxRemovalShare, heldUp }: { readonly maxRemovalShare: number; readonly heldUp: ReadonlySet<IntercomRegion> },
): { readonly awaitingApproval: readonly E[]; readonly reasons: string[] } {
  const managed = [...current.filter((entry) => entry.managed), ...add];
  const ofRegions = INTERCOM_REGIONS.map((region) => {
    const goes = eligible.filter(isOf(region));
    return {
      name: region.toUpperCase(),
      goes,
      lost: goes,
      had: managed.filter(isOf(region)),
      waits: heldUp.has(region),
    };
  });
  // What nothing remembers may be of any region: it goes only if all that goes is no more than the share of all, or nothing does.
  const ofNone = {
    name: 'of all',
    goes: eligible.filter(isOfNone),
    lost: eligible,
    had: managed,
    waits: heldUp.size > 0,
  };
  const reasons: string[] = [];
  const awaitingApproval = new Set<E>();
  for (const { name, goes, lost, had, waits } of [...ofRegions, ofNone]) {
    const [losing, having] = [countRanges(lost), countRanges(had)];
    const tooMany = goes.length > 0 && losing > having * maxRemovalShare;
    if (tooMany) reasons.push(`removing ${losing} of ${having} ${name} ranges, over a share of ${maxRemovalShare}`);
    // All that was counted: if a part of it went, the rest would be less than the share in the next run, and go unasked.
    for (const entry of tooMany ? lost : waits ? goes : []) awaitingApproval.add(entry);
  }
  return { awaitingApproval: eligible.filter((entry) => awaitingApproval.has(entry)), reasons };
}

/** What a plan's id looks like. */
export const PLAN_ID = /^[0-9a-f]{12}$/;

/** A hash of the changes in a target: the same for the same plan, whenever it is made. 12 hexadecimal digits. */
export function planIdOf(targetId: string, { add, remove }: Pick<AwaitingApproval, 'add' | 'remove'>): string {
  const text = ({ range, port }: Pick<CurrentEntry, 'range' | 'port'>) => `${formatRange(range)} ${port ?? ''}`;
  const plan = JSON.stringify([targetId, add.map(text).sort(), remove.map(text).sort()]);
  return createHash('sha256').update(plan).digest('hex').slice(0, 12);
}

/** The regions that publish an entry, or that are remembered of it. */
function regionsOf(entry: CurrentEntry | DesiredEntry): readonly IntercomRegion[] {
  return 'intercomRegions' in entry ? entry.intercomRegions : (entry.ownership?.intercomRegions ?? []);
}

function isOf(region: IntercomRegion): (entry: CurrentEntry | DesiredEntry) => boolean {
  return (entry) => regionsOf(entry).includes(region);
}

function isOfNone(entry: CurrentEntry): boolean {
  return regionsOf(entry).length === 0;
}

function countNew(entries: readonly DesiredEntry[], managed: readonly Range[]): bigint {
  const opened = subtractRanges(
    entries.map(({ range }) => range),
    managed,
  );
  return opened.reduce((sum, range) => sum + countAddresses(range), 0n);
}

function countAddresses(range: Range): bigint {
  if (range.family === 4) return sizeOf(range);
  return range.prefix >= IPV6_UNIT ? 1n : 1n << BigInt(IPV6_UNIT - range.prefix);
}

/** A range at several ports is one. */
function countRanges(entries: readonly { readonly range: Range }[]): number {
  return new Set(entries.map(({ range }) => formatRange(range))).size;
}
