import fc from 'fast-check';
import type { Changes, CurrentEntry, DesiredRange, OwnershipRecord, Port } from '../../../lambda/core/plan/entries';
import type { PolicyContext } from '../../../lambda/core/plan/policy';
import { formatRange, parseRange, type Range } from '../../../lambda/core/ranges/range';
import { mergeRanges } from '../../../lambda/core/ranges/range-set';
import { INTERCOM_REGIONS, type RangeSource } from '../../../lambda/shared/intercom-regions';
import { addressesOf, anyRange, anyRanges } from '../ranges/arbitraries';

/** When the plans of these tests are made. */
export const NOW = '2026-06-30T08:05:00.000Z';
const ADDED_AT = '2026-06-01T08:05:00.000Z';

type Place = { readonly range: Range; readonly port: Port };

/** Reads `34.0.0.0/32` or, at a port, `34.0.0.0/32 443`. */
function place(text: string): Place {
  const [range = '', port] = text.split(' ');
  return { range: parseRange(range), port: port === undefined ? undefined : Number(port) };
}

/** Writes what `place` reads. */
export function textOf({ range, port }: Place): string {
  return port === undefined ? formatRange(range) : `${formatRange(range)} ${port}`;
}

export const textsOf = (places: readonly Place[]) => places.map(textOf);

/** The ownership record of a managed entry. */
export function ownershipOf(
  range: Range,
  intercomRegions: readonly RangeSource[],
  absentSince?: string,
): OwnershipRecord {
  return { range, intercomRegions, addedAt: ADDED_AT, ...(absentSince === undefined ? {} : { absentSince }) };
}

/** A managed entry of the given regions. */
export function managed(
  text: string,
  intercomRegions: readonly RangeSource[] = ['us'],
  absentSince?: string,
): CurrentEntry {
  const at = place(text);
  return { ...at, managed: true, ownership: ownershipOf(at.range, intercomRegions, absentSince) };
}

/** A managed entry without an ownership record. */
export function unrecorded(text: string): CurrentEntry {
  return { ...place(text), managed: true, ownership: undefined };
}

export function others(text: string): CurrentEntry {
  return { ...place(text), managed: false, ownership: undefined };
}

/** A context in which no rule applies: all feeds are trusted, there is no grace period, and everything may be removed. */
export function context(overrides: Partial<PolicyContext> = {}): PolicyContext {
  return {
    targetId: 'target',
    intercomRegions: INTERCOM_REGIONS,
    ports: [undefined],
    distrustReasons: new Map(),
    missedUpdates: new Set(),
    now: NOW,
    removalGraceHours: 0,
    maxRemovalShare: 1,
    hasRecords: false,
    ownershipComplete: false,
    approved: undefined,
    ...overrides,
  };
}

export function desired(text: string, intercomRegions: readonly RangeSource[] = ['us']): DesiredRange {
  return { range: parseRange(text), intercomRegions };
}

/** The entries of a target after the changes. */
export function applied(current: readonly CurrentEntry[], { add, remove }: Changes): CurrentEntry[] {
  const gone = new Set(textsOf(remove));
  const stay = current.filter((entry) => !entry.managed || !gone.has(textOf(entry)));
  return [...stay, ...add.map(({ range, port }) => ({ range, port, managed: true, ownership: undefined }))];
}

/** The allowed addresses, each with its port. */
export function openings(places: readonly Place[]): Set<string> {
  return new Set(places.flatMap(({ range, port }) => [...addressesOf([range])].map((address) => `${address} ${port}`)));
}

export const anyRegions = fc.subarray([...INTERCOM_REGIONS], { minLength: 1 });

/** The feeds of some regions. Their ranges may overlap, and a feed may have none. */
export const anyFeeds = anyRegions.chain((intercomRegions) =>
  fc.tuple(...intercomRegions.map((region) => anyRanges.map((ranges) => ({ region, ranges: mergeRanges(ranges) })))),
);

/** The ports of a target: none, or some of a few. */
export const anyPorts: fc.Arbitrary<readonly Port[]> = fc.oneof(
  fc.constant([undefined]),
  fc.subarray([80, 443, 8443], { minLength: 1 }),
);

/** Since when an entry is absent at NOW: it is not, for an hour, for a day, or for longer. */
const anyAbsence = fc.constantFrom(
  undefined,
  '2026-06-30T07:05:00.000Z',
  '2026-06-29T08:05:00.000Z',
  '2026-06-20T08:05:00.000Z',
);

/** The entries of a target, at its ports and at one that is no longer configured. No entry occurs twice: AWS does not allow it. */
export function anyCurrent(ports: readonly Port[]): fc.Arbitrary<CurrentEntry[]> {
  const port = fc.constantFrom(...ports, ...(ports.includes(undefined) ? [] : [22]));
  const ownership = fc.option(
    fc.record({ intercomRegions: fc.subarray([...INTERCOM_REGIONS]), absentSince: anyAbsence }),
    {
      nil: undefined,
    },
  );
  const entry = fc
    .record({ range: anyRange, port, managed: fc.boolean(), ownership })
    .map(({ ownership: known, ...at }): CurrentEntry => {
      const recorded =
        at.managed && known ? ownershipOf(at.range, known.intercomRegions, known.absentSince) : undefined;
      return { ...at, ownership: recorded };
    });
  return fc.uniqueArray(entry, { selector: textOf, maxLength: 40 });
}
