import { GetIPSetCommand, UpdateIPSetCommand, type WAFV2Client } from '@aws-sdk/client-wafv2';
import type { CurrentEntry, DesiredEntry, OwnershipRecord } from '../../../core/plan/entries';
import type { WriteSequence } from '../../../core/plan/sequence';
import type { WriteProgress } from '../../../core/plan/written';
import { formatRange, parseRange } from '../../../core/ranges/range';
import { parseIpSetArn } from '../../../shared/ip-set-arn';
import { codeOf, targetErrorOf, UNCHANGED } from '../aws-errors';
import { CallCounter, ConflictError, type Snapshot, type Target, TargetError } from '../target';

interface IpSetEntry extends CurrentEntry {
  /** As WAF spells it: entries that the sync does not manage are written back unchanged. */
  readonly text: string;
}

interface IpSetSnapshot extends Snapshot<IpSetEntry> {
  readonly lockToken: string;
  /** UpdateIPSet replaces the description too. */
  readonly description: string | undefined;
}

/** docs.aws.amazon.com/waf/latest/developerguide/limits.html. Not adjustable. */
const MAX_ADDRESSES = 10_000;

/** A WAF IP set, by ARN. The snapshot carries its lock token, so WAF rejects a write if the set changed since it was read. */
export class IpSetTarget implements Target<IpSetSnapshot> {
  readonly kind = 'ip-set';
  readonly ports = [undefined];
  readonly #calls = new CallCounter();

  constructor(
    private readonly client: WAFV2Client,
    readonly id: string,
    readonly exclusive: boolean,
  ) {}

  get hasExtraRanges(): boolean {
    return this.exclusive;
  }

  get apiCalls(): number {
    return this.#calls.calls;
  }

  get throttled(): number {
    return this.#calls.throttled;
  }

  /** In a set that is not exclusive, only recorded entries are managed: an entry has no tags. */
  async read(owned: readonly OwnershipRecord[]): Promise<IpSetSnapshot> {
    const recorded = new Map(owned.map((entry) => [formatRange(entry.range), entry]));
    const answer = await this.#calls
      .count(this.client.send(new GetIPSetCommand(parseIpSetArn(this.id))))
      .catch((error) => {
        throw targetErrorOf(`read IP set ${this.id}`, error);
      });
    const { IPSet: set, LockToken: lockToken } = answer;
    if (!set?.Addresses || !lockToken)
      throw new TargetError(
        `WAF returned IP set ${this.id} without addresses or lock token. ${UNCHANGED}. The next scheduled run tries again`,
      );
    const family = set.IPAddressVersion === 'IPV6' ? 6 : 4;
    return {
      entries: set.Addresses.map((text) => this.#toEntry(text, recorded)),
      families: [family],
      capacity: {
        limit: MAX_ADDRESSES,
        used: { 4: 0, 6: 0, [family]: set.Addresses.length },
        name: 'addresses in an IP set, a fixed limit of AWS WAF',
        atomic: true,
      },
      lockToken,
      description: set.Description,
    };
  }

  /** Makes one call. WAF replaces the whole set at once, so no entry is missing in between. */
  async apply(
    snapshot: IpSetSnapshot,
    { steps }: WriteSequence<IpSetEntry>,
    _describe: (entry: DesiredEntry) => string,
    progress: WriteProgress<IpSetEntry>,
  ): Promise<void> {
    const remove = steps.flatMap((step) => step.remove);
    const removed = new Set(remove);
    const stays = snapshot.entries.filter((entry) => !removed.has(entry));
    const added = steps.flatMap(({ add }) => add);
    const update = new UpdateIPSetCommand({
      ...parseIpSetArn(this.id),
      Addresses: [...stays.map(({ text }) => text), ...added.map(({ range }) => formatRange(range))],
      LockToken: snapshot.lockToken,
      // GetIPSet returns an empty description, but UpdateIPSet rejects one.
      ...(snapshot.description ? { Description: snapshot.description } : {}),
    });
    progress.sends({ add: added, remove });
    await this.#calls.count(this.client.send(update)).catch((error) => {
      if (codeOf(error) === 'WAFOptimisticLockException') throw new ConflictError(this.id, { cause: error });
      throw targetErrorOf(`update IP set ${this.id}`, error);
    });
    progress.confirms();
  }

  #toEntry(text: string, recorded: ReadonlyMap<string, OwnershipRecord>): IpSetEntry {
    const range = parseRange(text);
    const ownership = recorded.get(formatRange(range));
    return { range, text, port: undefined, managed: this.exclusive || ownership !== undefined, ownership };
  }
}
