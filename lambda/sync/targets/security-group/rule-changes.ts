import type { CurrentEntry, DesiredEntry, OwnershipRecord } from '../../../core/plan/entries';
import { formatRange } from '../../../core/ranges/range';

export interface RuleEntry extends CurrentEntry {
  readonly ruleId: string;
}

/**
 * Rules that EC2 has confirmed as added, present or removed. A read may not show such a change for minutes, and without this memory
 * the next attempt would plan it again.
 */
export class RuleChanges {
  readonly #present = new Map<string, RuleEntry>();
  readonly #removed = new Set<string>();

  added(entry: DesiredEntry, ruleId: string): void {
    this.#present.set(keyOf(entry), { ...placeOf(entry), managed: true, ownership: undefined, ruleId });
  }

  /** A rule that exists but was not read. It may be anyone's, so it is not managed. */
  exists(entry: DesiredEntry): void {
    this.#present.set(keyOf(entry), { ...placeOf(entry), managed: false, ownership: undefined, ruleId: '' });
  }

  removed(ruleId: string): void {
    this.#removed.add(ruleId);
  }

  /** The entries of a read, with the changes that it does not show. */
  mergeInto(read: readonly RuleEntry[], recorded: ReadonlyMap<string, OwnershipRecord>): RuleEntry[] {
    const keys = new Set(read.map(keyOf));
    const unread = [...this.#present.values()]
      .filter((entry) => !keys.has(keyOf(entry)))
      .map((entry) => (entry.managed ? { ...entry, ownership: recorded.get(formatRange(entry.range)) } : entry));
    return [...read, ...unread].filter(({ ruleId }) => !this.#removed.has(ruleId));
  }
}

type Place = Pick<CurrentEntry, 'range' | 'port'>;

function placeOf({ range, port }: Place): Place {
  return { range, port };
}

function keyOf({ range, port }: Place): string {
  return `${formatRange(range)} ${port ?? ''}`;
}
