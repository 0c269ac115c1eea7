import * as v from 'valibot';
import { REGIONS, type Region } from '../../shared/regions';
import type { AcceptedFeed } from '../feed/reading';
import type { OwnedRange } from '../plan/ownership';
import { compareRanges, formatRange, parseRange } from '../ranges/range';

/** What is remembered between runs. Never the truth about AWS: a target's `read()` is. */
export interface State {
  readonly feeds: ReadonlyMap<Region, AcceptedFeed>;
  /** By target id. */
  readonly owned: ReadonlyMap<string, readonly OwnedRange[]>;
}

const Text = v.array(v.string());
const FeedItem = v.object({
  kind: v.literal('feed'),
  id: v.picklist(REGIONS),
  version: v.number(),
  source: v.string(),
  etag: v.optional(v.string()),
  date: v.optional(v.string()),
  newestDate: v.optional(v.string()),
  ranges: Text,
});
/** Ranges that came together are stored together: a target may hold 10,000, an item 400 KB. */
const TargetItem = v.object({
  kind: v.literal('target'),
  id: v.string(),
  version: v.number(),
  owned: v.array(
    v.object({
      addedAt: v.string(),
      absentSince: v.optional(v.string()),
      regions: v.array(v.picklist(REGIONS)),
      ranges: Text,
    }),
  ),
});
const Item = v.variant('kind', [FeedItem, TargetItem]);

type Unversioned<T> = T extends unknown ? Omit<T, 'version'> : never;

/** One feed or one target as it is stored, but for its version. */
export type StateItem = Unversioned<v.InferOutput<typeof Item>>;

/** What items of the table say. One that another version of this code wrote is not remembered: safe, like a lost one. */
export function stateIn(items: Iterable<unknown>): State {
  const feeds = new Map<Region, AcceptedFeed>();
  const owned = new Map<string, OwnedRange[]>();
  for (const raw of items) {
    const { success, output: item } = v.safeParse(Item, raw);
    if (success && item.kind === 'feed') feeds.set(item.id, toFeed(item));
    if (success && item.kind === 'target') owned.set(item.id, toOwned(item));
  }
  return { feeds, owned };
}

export function feedItem({ region, ranges, ...rest }: AcceptedFeed): StateItem {
  return { kind: 'feed', id: region, ...rest, ranges: ranges.map(formatRange) };
}

export function targetItem(targetId: string, owned: readonly OwnedRange[]): StateItem {
  return { kind: 'target', id: targetId, owned: groupOwned(owned) };
}

/** Two records of what is owned are the same if they are stored the same. */
export function sameOwned(a: readonly OwnedRange[], b: readonly OwnedRange[]): boolean {
  return JSON.stringify(groupOwned(a)) === JSON.stringify(groupOwned(b));
}

function toFeed({ id, ranges, source, etag, date, newestDate }: v.InferOutput<typeof FeedItem>): AcceptedFeed {
  return { region: id, source, etag, date, newestDate, ranges: ranges.map(parseRange) };
}

function toOwned({ owned }: v.InferOutput<typeof TargetItem>): OwnedRange[] {
  return owned.flatMap(({ ranges, ...rest }) => ranges.map((range) => ({ range: parseRange(range), ...rest })));
}

function groupOwned(owned: readonly OwnedRange[]): v.InferOutput<typeof TargetItem>['owned'] {
  const groups = new Map<string, v.InferOutput<typeof TargetItem>['owned'][number]>();
  for (const { range, regions, ...times } of [...owned].sort((a, b) => compareRanges(a.range, b.range))) {
    const { addedAt, absentSince } = times;
    const key = `${addedAt} ${absentSince ?? ''} ${regions.join()}`;
    const since = absentSince === undefined ? {} : { absentSince };
    const group = groups.get(key) ?? { addedAt, ...since, regions: [...regions], ranges: [] };
    group.ranges.push(formatRange(range));
    groups.set(key, group);
  }
  return [...groups.keys()].sort().flatMap((key) => groups.get(key) ?? []);
}
