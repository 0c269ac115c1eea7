import { INTERCOM_REGIONS, type IntercomRegion } from '../../shared/intercom-regions';
import { DAY_MS } from '../../shared/time';
import { type Range, sizeOf } from '../ranges/range';
import { coverage, subtractRanges } from '../ranges/range-set';
import { excessBits } from '../ranges/routable';
import type { CurrentEntry, DesiredEntry, OwnershipRecord } from './entries';

/**
 * More new addresses than this need approval. It is the size of the smallest IPv4 network that is routed on the internet;
 * Intercom publishes a handful of single addresses.
 */
const MAX_NEW_ADDRESSES = 256n;

/** An IPv6 /56, which AWS gives to a VPC, counts as one address. Then the smallest network that is routed, a /48, is the limit too. */
const IPV6_UNIT = 56;

/** The additions, sorted by whether they need approval. */
export interface GatedAdditions {
  /** Those that need approval. */
  readonly awaitingApproval: readonly DesiredEntry[];
  /** The regions that publish them. */
  readonly intercomRegions: ReadonlySet<IntercomRegion>;
  /** Those that need none, and whose addresses count against the limit from now on. */
  readonly unapprovedAdd: readonly DesiredEntry[];
  readonly reasons: readonly string[];
}

/**
 * Decides which additions need approval. The limit applies to each region, and then to all regions together, so one region does
 * not delay another. Additions that are small enough to pass with all smaller ones do pass: one broad range delays no single address.
 *
 * Addresses that were added without approval before count too: for a day, and for as long as others await approval. So at most
 * 256 are added without approval in a day, however they are split over runs, and what awaits approval awaits it in every run.
 *
 * Addresses are not new if a managed entry with a record allows them. An entry without one, which somebody else added or changed,
 * approves nothing.
 *
 * @param hasRecords whether the state has the ownership records of the target
 */
export function gateAdditions(
  add: readonly DesiredEntry[],
  current: readonly CurrentEntry[],
  { now, hasRecords }: { readonly now: string; readonly hasRecords: boolean },
): GatedAdditions {
  const managed = current.filter((entry) => entry.managed && (entry.ownership || mayHaveLostRecord(entry, hasRecords)));
  const isAllowed = coverage(managed.map(rangeOf));
  // The operator's own ranges are their own decision: they need no approval, and count against no limit.
  const published = add.filter(({ intercomRegions: sources }) => !sources.includes('extra'));
  const added = published.filter(({ range }) => !isAllowed(range));
  const counted = managed.filter(({ ownership }) => ownership && countsAgainstLimit(ownership, now));
  const isOlder = coverage(without(managed, counted).map(rangeOf));
  const intercomRegions = INTERCOM_REGIONS.filter((region) => added.some(publishedBy(region)));
  const perRegion = intercomRegions.flatMap((region) =>
    withinLimit(added.filter(publishedBy(region)), counted.filter(publishedBy(region)), managed),
  );
  const passing = new Set(withinLimit([...new Set(perRegion)], counted, managed));
  const awaitingApproval = added.filter((entry) => !passing.has(entry));
  const gated = intercomRegions.filter((region) => awaitingApproval.some(publishedBy(region)));
  const others = [...counted, ...passing].filter((entry) => gated.some((region) => publishedBy(region)(entry)));
  return {
    awaitingApproval,
    intercomRegions: new Set(gated),
    unapprovedAdd: without(published, awaitingApproval).filter(({ range }) => !isOlder(range)),
    reasons: awaitingApproval.length > 0 ? [reasonFor(awaitingApproval, others, gated, managed)] : [],
  };
}

/** Whether the sync may have added an entry without a record: only if the records were lost, and none that is too wide for a feed. */
function mayHaveLostRecord({ range }: CurrentEntry, hasRecords: boolean): boolean {
  return !hasRecords && excessBits(range) <= 0;
}

/** Whether a managed range counts against the limit on new addresses. */
export function countsAgainstLimit({ unapproved, addedAt }: OwnershipRecord, now: string): boolean {
  return unapproved === 'limiting' || (unapproved === 'recent' && Date.parse(now) - Date.parse(addedAt) < DAY_MS);
}

/**
 * The additions that pass: from the smallest size up, each size as a whole, for as long as the limit holds.
 *
 * @param counted the managed entries that count against the limit
 */
function withinLimit(
  add: readonly DesiredEntry[],
  counted: readonly Ranged[],
  managed: readonly Ranged[],
): readonly DesiredEntry[] {
  if (add.length === 0) return [];
  const earlier = countNew(counted, without(managed, counted));
  const sizes = [...new Set(add.map(({ range }) => addressesIn(range)))].sort((a, b) => Number(a - b));
  const upTo = (size = 0n) => add.filter(({ range }) => addressesIn(range) <= size);
  const excess = sizes.findIndex((size) => earlier + countNew(upTo(size), managed) > MAX_NEW_ADDRESSES);
  return upTo(excess < 0 ? sizes.at(-1) : sizes[excess - 1]);
}

function reasonFor(
  awaiting: readonly DesiredEntry[],
  others: readonly Ranged[],
  regions: readonly IntercomRegion[],
  managed: readonly CurrentEntry[],
): string {
  const names = regions.map((region) => region.toUpperCase()).join(', ');
  const before = without(managed, others);
  const [all, passing] = [countNew([...awaiting, ...others], before), countNew(others, before)];
  const note = passing > 0n ? `; ${passing} of them without approval` : '';
  return `adding ${all} new addresses of ${names}, over ${MAX_NEW_ADDRESSES} in a day${note}`;
}

interface Ranged {
  readonly range: Range;
}

function publishedBy(region: IntercomRegion): (entry: CurrentEntry | DesiredEntry) => boolean {
  return (entry) =>
    ('intercomRegions' in entry ? entry.intercomRegions : (entry.ownership?.intercomRegions ?? [])).includes(region);
}

function without<T extends Ranged>(entries: readonly T[], excluded: readonly Ranged[]): T[] {
  const set = new Set(excluded);
  return entries.filter((entry) => !set.has(entry));
}

/** How many addresses the entries allow that the managed ones do not. */
function countNew(entries: readonly Ranged[], managed: readonly Ranged[]): bigint {
  const added = subtractRanges(entries.map(rangeOf), managed.map(rangeOf));
  return added.reduce((sum, range) => sum + addressesIn(range), 0n);
}

function rangeOf({ range }: Ranged): Range {
  return range;
}

function addressesIn(range: Range): bigint {
  if (range.family === 4) return sizeOf(range);
  return range.prefix >= IPV6_UNIT ? 1n : 1n << BigInt(IPV6_UNIT - range.prefix);
}
