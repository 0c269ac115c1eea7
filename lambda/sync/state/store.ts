import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand, paginateScan } from '@aws-sdk/lib-dynamodb';
import * as v from 'valibot';
import { AllowlistError, messageOf } from '../../shared/errors';
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

/** Thrown when another run wrote the same item since this one read it, which only a run that outlived its lease can do. */
export class StateConflictError extends AllowlistError {
  override readonly name = 'StateConflictError';

  constructor(item: string, options: ErrorOptions) {
    super(
      `State of ${item} was changed by another run. What was done so far stays; nothing more is done. Invoke the sync again`,
      options,
    );
  }
}

/** Thrown when the state table can't be read or written. */
export class StateUnavailableError extends AllowlistError {
  override readonly name = 'StateUnavailableError';

  constructor(doing: string, table: string, cause: unknown) {
    super(
      `Could not ${doing} state table ${table}: ${cause instanceof Error ? cause.name : 'Error'}: ${messageOf(cause)}. The lists ` +
        'in force stay in force; ranges published since may be missing. Invoke the sync again; if it fails again, deploy the stack again',
      { cause },
    );
  }
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
/** What any item of ours has, be the rest readable or not. */
const Versioned = v.object({ kind: v.picklist(['feed', 'target']), id: v.string(), version: v.number() });

/**
 * The state table: one item a feed, one a target (and the lease, see lease.ts). Every write is conditional on the version that was read.
 */
export class StateStore {
  readonly #versions = new Map<string, number>();

  constructor(
    private readonly client: DynamoDBDocumentClient,
    private readonly table: string,
    /** Who writes, so that a write whose answer was lost is known again. */
    private readonly runId: string,
  ) {}

  /** @throws StateUnavailableError */
  async load(): Promise<State> {
    return this.#scan().catch((error: unknown) => {
      throw new StateUnavailableError('read', this.table, error);
    });
  }

  async #scan(): Promise<State> {
    const feeds = new Map<Region, AcceptedFeed>();
    const owned = new Map<string, OwnedRange[]>();
    this.#versions.clear();
    const pages = paginateScan({ client: this.client }, { TableName: this.table, ConsistentRead: true });
    for await (const page of pages) {
      for (const raw of page.Items ?? []) {
        if (v.is(Versioned, raw)) this.#versions.set(keyOf(raw), raw.version);
        // An item that another version of this code wrote is not remembered: safe, like a lost one.
        const { success, output: item } = v.safeParse(Item, raw);
        if (success && item.kind === 'feed') feeds.set(item.id, toFeed(item));
        if (success && item.kind === 'target') owned.set(item.id, toOwned(item));
      }
    }
    return { feeds, owned };
  }

  saveFeed({ region, ranges, ...rest }: AcceptedFeed): Promise<void> {
    return this.#put({ kind: 'feed', id: region, ...rest, ranges: ranges.map(formatRange) });
  }

  saveOwned(targetId: string, owned: readonly OwnedRange[]): Promise<void> {
    return this.#put({ kind: 'target', id: targetId, owned: groupOwned(owned) });
  }

  async #put(
    item: Omit<v.InferOutput<typeof FeedItem>, 'version'> | Omit<v.InferOutput<typeof TargetItem>, 'version'>,
  ) {
    const seen = this.#versions.get(keyOf(item)) ?? 0;
    const put = new PutCommand({
      TableName: this.table,
      Item: { ...item, version: seen + 1, writer: this.runId },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ConditionExpression: seen === 0 ? 'attribute_not_exists(version)' : 'version = :seen',
      ...(seen === 0 ? {} : { ExpressionAttributeValues: { ':seen': seen } }),
    });
    await this.client.send(put).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) {
        throw new StateUnavailableError('write', this.table, error);
      }
      if (!this.#isOwn(error, seen + 1)) throw new StateConflictError(`${item.kind} ${item.id}`, { cause: error });
    });
    this.#versions.set(keyOf(item), seen + 1);
  }

  /** Whether what is there is this very write: it took effect, its answer was lost, and the SDK sent it again. */
  #isOwn({ Item: item }: ConditionalCheckFailedException, version: number): boolean {
    return item?.writer?.S === this.runId && item.version?.N === String(version);
  }
}

/** Two records of what is owned are the same if they are stored the same. */
export function sameOwned(a: readonly OwnedRange[], b: readonly OwnedRange[]): boolean {
  return JSON.stringify(groupOwned(a)) === JSON.stringify(groupOwned(b));
}

function keyOf({ kind, id }: { readonly kind: string; readonly id: string }): string {
  return `${kind} ${id}`;
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
