import fc from 'fast-check';
import { REGIONS, type Region } from '../../../lambda/shared/regions';
import type { Changes, CurrentEntry, DesiredRange, Port } from '../../../lambda/sync/plan/plan';
import { formatRange, parseRange, type Range } from '../../../lambda/sync/ranges/range';
import { mergeRanges } from '../../../lambda/sync/ranges/range-set';
import { addressesOf, anyRange, anyRanges } from '../ranges/arbitraries';

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

/** An entry that we put there, for the given regions. */
export function ours(text: string, regions: readonly Region[] | undefined = ['us']): CurrentEntry {
  return { ...place(text), ours: true, regions };
}

/** An entry that we put there, of which nothing remembers the region. */
export function forgotten(text: string): CurrentEntry {
  return { ...place(text), ours: true, regions: undefined };
}

export function others(text: string): CurrentEntry {
  return { ...place(text), ours: false, regions: undefined };
}

export function desired(text: string, regions: readonly Region[] = ['us']): DesiredRange {
  return { range: parseRange(text), regions };
}

/** What a target allows once the changes are applied. */
export function applied(current: readonly CurrentEntry[], { add, remove }: Changes): CurrentEntry[] {
  const gone = new Set(textsOf(remove));
  const stay = current.filter((entry) => !entry.ours || !gone.has(textOf(entry)));
  return [...stay, ...add.map((entry) => ({ ...entry, ours: true }))];
}

/** The addresses with a way in, each with its port. */
export function openings(places: readonly Place[]): Set<string> {
  return new Set(places.flatMap(({ range, port }) => [...addressesOf([range])].map((address) => `${address} ${port}`)));
}

export const anyRegions = fc.subarray([...REGIONS], { minLength: 1 });

/** The feeds of some regions, with ranges that may be the same, overlap, or be none. */
export const anyFeeds = anyRegions.chain((regions) =>
  fc.tuple(...regions.map((region) => anyRanges.map((ranges) => ({ region, ranges: mergeRanges(ranges) })))),
);

/** A target's ports: none, or some of a few. */
export const anyPorts: fc.Arbitrary<readonly Port[]> = fc.oneof(
  fc.constant([undefined]),
  fc.subarray([80, 443, 8443], { minLength: 1 }),
);

/** What a target may allow, at its ports and at one that is no longer its own. No entry twice: AWS allows none. */
export function anyCurrent(ports: readonly Port[]): fc.Arbitrary<CurrentEntry[]> {
  const port = fc.constantFrom(...ports, ...(ports.includes(undefined) ? [] : [22]));
  const regions = fc.option(anyRegions, { nil: undefined });
  return fc.uniqueArray(fc.record({ range: anyRange, port, ours: fc.boolean(), regions }), {
    selector: textOf,
    maxLength: 40,
  });
}
