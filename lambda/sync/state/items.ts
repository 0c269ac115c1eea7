import { deflateSync, inflateSync } from 'node:zlib';
import * as v from 'valibot';
import type { AcceptedFeed } from '../../core/feed/assess';
import { Message } from '../../core/message/message';
import { NOTHING_NOTIFIED, Notified } from '../../core/message/notified';
import type { OwnershipRecord } from '../../core/plan/entries';
import { compareRanges, formatRange, parseRange } from '../../core/ranges/range';
import type { Decline } from '../../core/report/declines';
import { RegionResult } from '../../core/report/run-record';
import { messageOf } from '../../shared/errors';
import { INTERCOM_REGIONS, type IntercomRegion, RANGE_SOURCES } from '../../shared/intercom-regions';

/** The state between runs. The source of truth about AWS is `read()` of a target, never the state. */
export interface State {
  readonly feeds: ReadonlyMap<IntercomRegion, AcceptedFeed>;
  /** By target id. */
  readonly owned: ReadonlyMap<string, readonly OwnershipRecord[]>;
  /** @default - none */
  readonly missedUpdates?: MissedUpdates;
  readonly declines: readonly Decline[];
  readonly messages: MessageState;
}

/** By target id: the Intercom regions whose updates were missed before a run that could not plan the target. */
export type MissedUpdates = ReadonlyMap<string, readonly IntercomRegion[]>;

/** What people were notified of, and the messages that could not be sent yet. */
export interface MessageState {
  readonly notified: Notified;
  /** The oldest first. */
  readonly unsent: readonly Message[];
}

export const NO_MESSAGES: MessageState = { notified: NOTHING_NOTIFIED, unsent: [] };

/** Each list is one binary attribute: deflated JSON. A target can have 10,000 ranges, an item 400 KB. */
const Packed = v.pipe(v.instance(Uint8Array), decoded(unpack));
const StoredRange = v.pipe(v.string(), decoded(parseRange));
const FeedItem = v.object({
  kind: v.literal('feed'),
  id: v.picklist(INTERCOM_REGIONS),
  source: v.string(),
  etag: v.optional(v.string()),
  date: v.optional(v.string()),
  newestDate: v.optional(v.string()),
  ranges: v.pipe(Packed, v.array(StoredRange)),
});
/** Stored by column, because deflate compresses repeated values well. */
const Columns = v.object({
  range: v.array(v.unknown()),
  intercomRegions: v.array(v.unknown()),
  addedAt: v.array(v.unknown()),
  unapproved: v.array(v.unknown()),
  absentSince: v.array(v.unknown()),
});
const StoredOwnership = v.object({
  range: StoredRange,
  intercomRegions: v.array(v.picklist(RANGE_SOURCES)),
  addedAt: v.string(),
  unapproved: v.optional(v.picklist(['recent', 'limiting'])),
  absentSince: v.optional(v.string()),
});
const TargetItem = v.object({
  kind: v.literal('target'),
  id: v.string(),
  owned: v.pipe(Packed, Columns, v.transform(toRows), v.array(StoredOwnership)),
});
const MissedUpdatesItem = v.object({
  kind: v.literal('missed-updates'),
  id: v.literal('targets'),
  byTarget: v.pipe(Packed, v.record(v.string(), v.array(v.picklist(INTERCOM_REGIONS)))),
});
const DeclinesItem = v.object({
  kind: v.literal('declines'),
  id: v.literal('plans'),
  plans: v.array(
    v.object({
      planId: v.string(),
      by: v.string(),
      at: v.string(),
      targetId: v.optional(v.string()),
      regions: v.optional(v.array(RegionResult.entries.region)),
    }),
  ),
});
const MessagesItem = v.object({
  kind: v.literal('messages'),
  id: v.literal('changes'),
  state: v.pipe(Packed, v.object({ notified: Notified, unsent: v.array(Message) })),
});
const Item = v.variant('kind', [FeedItem, TargetItem, MissedUpdatesItem, DeclinesItem, MessagesItem]);

/** The stored form of an item other than the lease. */
export type StateItem = v.InferInput<typeof Item>;

/** Reads the state from the items of the table. An item that cannot be decoded counts as lost, which is safe. */
export function stateIn(items: Iterable<unknown>): State {
  const feeds = new Map<IntercomRegion, AcceptedFeed>();
  const owned = new Map<string, OwnershipRecord[]>();
  let missedUpdates: MissedUpdates = new Map();
  const declines: Decline[] = [];
  let messages = NO_MESSAGES;
  for (const raw of items) {
    const { success, output: item } = v.safeParse(Item, raw);
    if (!success) continue;
    if (item.kind === 'feed') feeds.set(item.id, toFeed(item));
    if (item.kind === 'target') owned.set(item.id, item.owned);
    if (item.kind === 'missed-updates') missedUpdates = new Map(Object.entries(item.byTarget));
    if (item.kind === 'declines') declines.push(...item.plans);
    if (item.kind === 'messages') messages = item.state;
  }
  return { feeds, owned, missedUpdates, declines, messages };
}

export function feedItem({ region, ranges, ...rest }: AcceptedFeed): StateItem {
  return { kind: 'feed', id: region, ...rest, ranges: pack(ranges.map(formatRange)) };
}

export function targetItem(targetId: string, owned: readonly OwnershipRecord[]): StateItem {
  return { kind: 'target', id: targetId, owned: pack(toColumns(owned)) };
}

export function missedUpdatesItem(missedUpdates: MissedUpdates): StateItem {
  return { kind: 'missed-updates', id: 'targets', byTarget: pack(Object.fromEntries(missedUpdates)) };
}

export function declinesItem(declines: readonly Decline[]): StateItem {
  return {
    kind: 'declines',
    id: 'plans',
    plans: declines.map(({ regions, ...decline }) => ({ ...decline, regions: regions && [...regions] })),
  };
}

export function messagesItem(state: MessageState): StateItem {
  return { kind: 'messages', id: 'changes', state: pack(state) };
}

/** Whether two lists of ownership records have the same stored form. */
export function sameOwned(a: readonly OwnershipRecord[], b: readonly OwnershipRecord[]): boolean {
  return a.length === b.length && JSON.stringify(toColumns(a)) === JSON.stringify(toColumns(b));
}

function toFeed({ id, source, etag, date, newestDate, ranges }: v.InferOutput<typeof FeedItem>): AcceptedFeed {
  return { region: id, source, etag, date, newestDate, ranges };
}

function toColumns(owned: readonly OwnershipRecord[]): v.InferInput<typeof Columns> {
  const sorted = [...owned].sort((a, b) => compareRanges(a.range, b.range));
  return {
    range: sorted.map(({ range }) => formatRange(range)),
    intercomRegions: sorted.map(({ intercomRegions }) => intercomRegions),
    addedAt: sorted.map(({ addedAt }) => addedAt),
    unapproved: sorted.map(({ unapproved }) => unapproved),
    absentSince: sorted.map(({ absentSince }) => absentSince),
  };
}

function toRows({
  range,
  intercomRegions,
  addedAt,
  unapproved,
  absentSince,
}: v.InferOutput<typeof Columns>): unknown[] {
  return range.map((_, i) => ({
    range: range[i],
    intercomRegions: intercomRegions[i],
    addedAt: addedAt[i],
    // JSON represents undefined as null.
    unapproved: unapproved[i] ?? undefined,
    absentSince: absentSince[i] ?? undefined,
  }));
}

function pack(value: unknown): Uint8Array<ArrayBuffer> {
  return deflateSync(JSON.stringify(value));
}

function unpack(bytes: Uint8Array<ArrayBuffer>): unknown {
  return JSON.parse(inflateSync(bytes).toString());
}

/** A transformation whose error makes the item invalid. */
function decoded<I, O>(decode: (input: I) => O) {
  return v.rawTransform<I, O>(({ dataset, addIssue, NEVER }) => {
    try {
      return decode(dataset.value);
    } catch (error) {
      addIssue({ message: messageOf(error) });
      return NEVER;
    }
  });
}
