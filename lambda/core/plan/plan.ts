import type { RangeSource } from '../../shared/intercom-regions';
import { compareRanges, formatRange, type Range } from '../ranges/range';
import { coverage } from '../ranges/range-set';
import type { Changes, CurrentEntry, DesiredRange, Port } from './entries';

/**
 * Desired against current:
 *
 *     desired   current                                 outcome
 *     yes       managed, exactly it                     unchanged
 *     yes       covered by entries of others            covered: not added
 *     yes       otherwise                               add
 *     no        managed                                 remove
 *     no        of others                               unchanged
 *
 * A managed entry that covers a desired one does not count, because it is about to be removed.
 */
export function plan<E extends CurrentEntry>(
  desired: readonly DesiredRange[],
  ports: readonly Port[],
  current: readonly E[],
): Changes<E> {
  const wanted = ports.flatMap((port) => desired.map((entry) => ({ ...entry, port })));
  const wantedKeys = new Set(wanted.map(keyOf));
  const managedKeys = new Set(current.filter((entry) => entry.managed).map(keyOf));
  const coveredByOthers = coverageByPort(current.filter((entry) => !entry.managed));
  const missing = wanted.filter((entry) => !managedKeys.has(keyOf(entry))).sort(compareEntries);
  const isToRemove = (entry: E) => entry.managed && !wantedKeys.has(keyOf(entry));
  return {
    add: missing.filter((entry) => !coveredByOthers(entry)),
    covered: missing.filter(coveredByOthers),
    remove: current.filter(isToRemove).sort(compareEntries),
    unchanged: current.filter((entry) => !isToRemove(entry)).sort(compareEntries),
  };
}

/** The same range from several sources is one desired range. */
export function desireRanges(feeds: readonly { region: RangeSource; ranges: readonly Range[] }[]): DesiredRange[] {
  const byRange = new Map<string, DesiredRange>();
  for (const { region, ranges } of feeds) {
    for (const range of ranges) {
      const key = formatRange(range);
      byRange.set(key, { range, intercomRegions: [...(byRange.get(key)?.intercomRegions ?? []), region] });
    }
  }
  return [...byRange.values()].sort((a, b) => compareRanges(a.range, b.range));
}

/** Returns a test of whether these entries allow every address of an entry at its port. */
export function coverageByPort(entries: readonly Place[]): (entry: Place) => boolean {
  const at = (port: Port) => entries.filter((entry) => entry.port === port).map((entry) => entry.range);
  const covers = new Map([...new Set(entries.map((entry) => entry.port))].map((port) => [port, coverage(at(port))]));
  return ({ range, port }) => covers.get(port)?.(range) ?? false;
}

type Place = { readonly range: Range; readonly port: Port };

function keyOf({ range, port }: Place): string {
  return `${formatRange(range)} ${port ?? ''}`;
}

function compareEntries(a: Place, b: Place): number {
  return compareRanges(a.range, b.range) || (a.port ?? 0) - (b.port ?? 0);
}
