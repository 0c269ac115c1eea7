import {
  type AddPrefixListEntry,
  type EC2Client,
  type ManagedPrefixList,
  ModifyManagedPrefixListCommand,
  type PrefixListEntry,
  paginateGetManagedPrefixListEntries,
} from '@aws-sdk/client-ec2';
import type { CurrentEntry, DesiredEntry, OwnershipRecord } from '../../../core/plan/entries';
import type { Step, WriteSequence } from '../../../core/plan/sequence';
import type { WriteProgress } from '../../../core/plan/written';
import { formatRange, parseRange } from '../../../core/ranges/range';
import { messageOf } from '../../../shared/errors';
import { settled } from '../../../shared/prefix-list';
import { codeOf, STILL_ALLOWED, targetErrorOf, UNCHANGED } from '../aws-errors';
import { CallCounter, ConflictError, type Snapshot, type Target, TargetError } from '../target';

interface ListSnapshot extends Snapshot {
  /** Sent with every change, so EC2 rejects it if the list changed since it was read. */
  readonly version: number;
}

/** docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html: additions, and removals, per call. */
const MAX_PER_CALL = 100;

/** Codes of a list that changed since it was read, or is being changed. */
const CONFLICTS = [
  'PrefixListVersionMismatch',
  'IncorrectState',
  'InvalidPrefixListModification',
  'ConcurrentMutationLimitExceeded',
];
/** EC2 also rejects an outdated version as a wrong parameter. */
const WRONG_VERSION = /specified value for version/i;

const SIZE =
  'MaxEntries of the prefix list. The sync never raises it, because every reference to the list counts that many entries: set ' +
  'prefixListMaxEntries if the stack created the list';

export interface PrefixListOptions {
  readonly id: string;
  readonly exclusive: boolean;
  /** The list as this run has just read it. @default - it is read first */
  readonly seen?: ManagedPrefixList | undefined;
  /** Why an exposure is accepted, as the tag on the list says. */
  readonly acceptedExposure?: string | undefined;
  /** See `settled`. */
  readonly backoffMs?: number | undefined;
}

/** A customer-managed prefix list, by id. It holds one address family, and no ports. */
export class PrefixListTarget implements Target<ListSnapshot> {
  readonly kind = 'prefix-list';
  readonly ports = [undefined];
  readonly id: string;
  readonly exclusive: boolean;
  readonly #backoffMs: number | undefined;
  readonly #acceptedExposure: string | undefined;
  readonly #calls = new CallCounter();
  #seen: ManagedPrefixList | undefined;

  constructor(
    private readonly client: EC2Client,
    { id, exclusive, seen, acceptedExposure, backoffMs }: PrefixListOptions,
  ) {
    this.id = id;
    this.exclusive = exclusive;
    this.#seen = seen;
    this.#backoffMs = backoffMs;
    this.#acceptedExposure = acceptedExposure;
  }

  get hasExtraRanges(): boolean {
    return this.exclusive;
  }

  get apiCalls(): number {
    return this.#calls.calls;
  }

  get throttled(): number {
    return this.#calls.throttled;
  }

  /** In a list that is not exclusive, only recorded entries are managed: anyone can edit descriptions. */
  async read(owned: readonly OwnershipRecord[]): Promise<ListSnapshot> {
    const recorded = new Map(owned.map((entry) => [formatRange(entry.range), entry]));
    try {
      const list = this.#takeSeen() ?? (await this.#settled());
      const { version, limit } = assertUsable(list);
      const entries = await this.#entries(version);
      const family = list.AddressFamily === 'IPv6' ? 6 : 4;
      return {
        entries: entries.map(({ Cidr = '' }) => this.#toEntry(Cidr, recorded)),
        families: [family],
        capacity: { limit, used: { 4: 0, 6: 0, [family]: entries.length }, name: SIZE },
        version,
        acceptedExposure: this.#acceptedExposure,
      };
    } catch (error) {
      throw targetErrorOf(`read prefix list ${this.id}`, error);
    }
  }

  /** Makes one call per hundred entries of a step, and waits until each is complete. */
  async apply(
    { version }: ListSnapshot,
    { steps }: WriteSequence,
    describe: (entry: DesiredEntry) => string,
    progress: WriteProgress,
  ): Promise<void> {
    const batches = steps.flatMap(({ add, remove }): Step[] => [
      ...inHundreds(add).map((some) => ({ add: some, remove: [] })),
      ...inHundreds(remove).map((some) => ({ add: [], remove: some })),
    ]);
    let current = version;
    for (const batch of batches) current = await this.#modify(current, batch, describe, progress);
  }

  /** @returns the new version of the list */
  async #modify(
    version: number,
    batch: Step,
    describe: (entry: DesiredEntry) => string,
    progress: WriteProgress,
  ): Promise<number> {
    const isAddition = batch.add.length > 0;
    const command = new ModifyManagedPrefixListCommand({
      PrefixListId: this.id,
      CurrentVersion: version,
      ...(isAddition
        ? { AddEntries: batch.add.map((entry) => toAddition(entry, describe(entry))) }
        : { RemoveEntries: batch.remove.map(({ range }) => ({ Cidr: formatRange(range) })) }),
    });
    const doing = isAddition ? `add entries to prefix list ${this.id}` : `remove entries from prefix list ${this.id}`;
    const meaning = isAddition ? UNCHANGED : STILL_ALLOWED;
    progress.sends(batch);
    await this.#calls.count(this.client.send(command)).catch((error) => {
      if (isConflict(error)) throw new ConflictError(this.id, { cause: error });
      throw targetErrorOf(doing, error, meaning);
    });
    const list = await this.#settled().catch((error) => {
      throw targetErrorOf(doing, error, meaning);
    });
    if (list.State?.endsWith('-failed')) throw new TargetError(failureOf(list, meaning));
    const next = version + 1;
    if (list.Version !== undefined && list.Version >= next) progress.confirms();
    if (list.Version !== next) {
      throw new ConflictError(this.id, { cause: new Error(`The list has version ${list.Version} instead of ${next}`) });
    }
    return next;
  }

  /** The list from discovery is used once, and only if no change was in progress in it. */
  #takeSeen(): ManagedPrefixList | undefined {
    const seen = this.#seen;
    this.#seen = undefined;
    return seen?.State?.endsWith('-in-progress') ? undefined : seen;
  }

  #settled(): Promise<ManagedPrefixList> {
    return settled(this.id, (command) => this.#calls.count(this.client.send(command)), this.#backoffMs);
  }

  async #entries(version: number): Promise<PrefixListEntry[]> {
    const entries: PrefixListEntry[] = [];
    const request = { PrefixListId: this.id, TargetVersion: version };
    for await (const page of paginateGetManagedPrefixListEntries({ client: this.client }, request)) {
      this.#calls.add(page.$metadata);
      entries.push(...(page.Entries ?? []));
    }
    return entries;
  }

  #toEntry(cidr: string, recorded: ReadonlyMap<string, OwnershipRecord>): CurrentEntry {
    const range = parseRange(cidr);
    const ownership = recorded.get(formatRange(range));
    return { range, port: undefined, managed: this.exclusive || ownership !== undefined, ownership };
  }
}

function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return CONFLICTS.includes(code) || (code === 'InvalidParameterValue' && WRONG_VERSION.test(messageOf(error)));
}

/** A failed change leaves a list as it was, and it accepts another change. */
function assertUsable(list: ManagedPrefixList): { version: number; limit: number } {
  const { PrefixListId: id, State = '', Version: version, MaxEntries: limit } = list;
  if (/^delete-|^create-failed$/.test(State)) throw new TargetError(failureOf(list));
  if (version === undefined || limit === undefined) {
    throw new TargetError(
      `Prefix list ${id} is managed by AWS and can't be modified. The published ranges are not in it, and AWS decides what it allows. Remove it ` +
        'from prefixListIds, then deploy again',
    );
  }
  if (list.IpamPrefixListResolverTargetId !== undefined && list.IpamPrefixListResolverSyncEnabled !== false) {
    throw new TargetError(
      `Prefix list ${id} is managed by the IPAM prefix list resolver target ${list.IpamPrefixListResolverTargetId}, so its entries ` +
        `can't be modified. ${UNCHANGED}. Remove the list from prefixListIds or remove its discovery tag, or disable its ` +
        'synchronization in IPAM',
    );
  }
  return { version, limit };
}

function failureOf({ PrefixListId, State, StateMessage }: ManagedPrefixList, meaning = UNCHANGED): string {
  return (
    `Prefix list ${PrefixListId} is ${State}: ${StateMessage ?? 'AWS gave no reason'}. ${meaning}. Fix the cause, then invoke ` +
    'the sync again'
  );
}

function toAddition({ range }: DesiredEntry, Description: string): AddPrefixListEntry {
  return { Cidr: formatRange(range), Description };
}

function inHundreds<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / MAX_PER_CALL) }, (_, i) =>
    items.slice(i * MAX_PER_CALL, (i + 1) * MAX_PER_CALL),
  );
}
