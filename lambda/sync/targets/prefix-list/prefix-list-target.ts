import {
  type AddPrefixListEntry,
  type EC2Client,
  type ManagedPrefixList,
  ModifyManagedPrefixListCommand,
  type PrefixListEntry,
  paginateGetManagedPrefixListEntries,
  type RemovePrefixListEntry,
} from '@aws-sdk/client-ec2';
import type { CurrentEntry, DesiredEntry, OwnershipRecord } from '../../../core/plan/entries';
import type { WriteSequence } from '../../../core/plan/sequence';
import { formatRange, parseRange } from '../../../core/ranges/range';
import { settled } from '../../../shared/prefix-list';
import { codeOf, explain } from '../aws-errors';
import { CallCounter, ConflictError, type Snapshot, type Target, TargetError } from '../target';

interface ListSnapshot extends Snapshot {
  /** Every change names the version that it is made to, so that a change by anybody else in between is noticed. */
  readonly version: number;
}

type Batch = { readonly AddEntries: AddPrefixListEntry[] } | { readonly RemoveEntries: RemovePrefixListEntry[] };

/** docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html: additions and removals in one call, each. */
const MAX_PER_CALL = 100;

/** Codes that say: the list is not as it was read, or is being changed. */
const CONFLICTS = ['PrefixListVersionMismatch', 'IncorrectState', 'InvalidPrefixListModification'];

const SIZE =
  'MaxEntries of the prefix list. Whatever refers to the list counts it as that many, so it is never grown unasked: set ' +
  'prefixListMaxEntries if the stack made it';

export interface PrefixListOptions {
  readonly id: string;
  readonly exclusive: boolean;
  /** The list as this run has just seen it. @default - it is looked at first */
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

  get apiCalls(): number {
    return this.#calls.calls;
  }

  /** In a list of somebody else nothing is ours but what is remembered: people edit descriptions. */
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
      throw explain(`read prefix list ${this.id}`, error);
    }
  }

  /** A call for each hundred of a step; each waits until the one before it is done. */
  async apply(
    { version }: ListSnapshot,
    { steps }: WriteSequence,
    describe: (entry: DesiredEntry) => string,
  ): Promise<void> {
    const batches = steps.flatMap(({ add, remove }): Batch[] => [
      ...inHundreds(add).map((some) => ({ AddEntries: some.map((entry) => toAddition(entry, describe(entry))) })),
      ...inHundreds(remove).map((some) => ({ RemoveEntries: some.map(({ range }) => ({ Cidr: formatRange(range) })) })),
    ]);
    let current = version;
    for (const batch of batches) current = await this.#modify(current, batch);
  }

  /** @returns the version that came of it */
  async #modify(version: number, batch: Batch): Promise<number> {
    const command = new ModifyManagedPrefixListCommand({ PrefixListId: this.id, CurrentVersion: version, ...batch });
    const doing = `change prefix list ${this.id}`;
    await this.#calls.count(this.client.send(command)).catch((error) => {
      if (CONFLICTS.includes(codeOf(error))) throw new ConflictError(this.id, { cause: error });
      throw explain(doing, error);
    });
    const list = await this.#settled().catch((error) => {
      throw explain(doing, error);
    });
    if (list.State?.endsWith('-failed')) throw new TargetError(failureOf(list));
    const next = version + 1;
    if (list.Version !== next) {
      throw new ConflictError(this.id, { cause: new Error(`Version ${list.Version} is there instead of ${next}`) });
    }
    return next;
  }

  /** What was seen serves once, and only while nothing was under way in the list. */
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
      this.#calls.calls += page.$metadata.attempts ?? 1;
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

/** After a change that failed a list is as it was before, and takes another one. */
function assertUsable(list: ManagedPrefixList): { version: number; limit: number } {
  const { PrefixListId: id, State = '', Version: version, MaxEntries: limit } = list;
  if (/^delete-|^create-failed$/.test(State)) throw new TargetError(failureOf(list));
  if (version === undefined || limit === undefined) {
    throw new TargetError(
      `Prefix list ${id} is one of AWS's own, which nobody else can change. Take it out of prefixListIds`,
    );
  }
  return { version, limit };
}

function failureOf({ PrefixListId, State, StateMessage }: ManagedPrefixList): string {
  return (
    `Prefix list ${PrefixListId} is ${State}: ${StateMessage ?? 'AWS says no more'}. What it allowed before stays in force; ` +
    'ranges published since are not in it. Mend what the message names, then invoke the sync again'
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
