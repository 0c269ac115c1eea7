import { type Account, permission } from '../fixtures';
import { TABLE } from '../harness';
import type { Action } from './actions';
import { type Place, UNMARKED } from './places';

type Unmarked = (typeof UNMARKED)[number];

export type Ids = Readonly<Record<Place, string>>;

/** The ranges that a target allows at port 443. */
export interface TargetView {
  readonly managed: readonly string[];
  readonly others: readonly string[];
  /** All entries of others, with their ports and descriptions. */
  readonly untouched: readonly string[];
}

export type View = Readonly<Record<Place, TargetView>>;
export type OperatorAction = Extract<Action, { do: 'add to exclusive' | 'remove' | 'add' }>;

/** An entry of others that was in the shared targets before the first sync. */
export const RANGE_OF_OTHERS = '198.51.100.0/24';

/** The operators who change targets in addition to the sync, and their entries. */
export class Operators {
  /** Ranges that they added to the exclusive set, where they are drift. */
  readonly drift = new Set<string>();
  readonly #addedByOthers: Readonly<Record<Unmarked, Set<string>>> = {
    shared: new Set([RANGE_OF_OTHERS]),
    list: new Set([RANGE_OF_OTHERS]),
  };

  constructor(
    private readonly account: Account,
    private readonly ids: Ids,
  ) {}

  async observe(): Promise<View> {
    const { account, ids } = this;
    const [exclusive, rules, shared, list] = await Promise.all([
      account.ipSet(ids.exclusive),
      account.rules(ids.group),
      account.ipSet(ids.shared),
      account.prefixListEntries(ids.list),
    ]);
    const isManaged = (rule: string) => rule.includes('owner=');
    const [marked, unmarked] = [rules.filter(isManaged), rules.filter((rule) => !isManaged(rule))];
    const inList = this.#split(
      'list',
      list.map((line) => line.split(' ')[0] ?? ''),
    );
    return {
      exclusive: { managed: exclusive.addresses, others: [], untouched: [`${exclusive.description}`] },
      group: {
        managed: marked.map(rangeOf).sort(),
        others: unmarked
          .filter((rule) => rule.startsWith('443 '))
          .map(rangeOf)
          .sort(),
        untouched: unmarked,
      },
      shared: { ...this.#split('shared', shared.addresses), untouched: [`${shared.description}`] },
      list: { ...inList, untouched: list.filter((line) => inList.others.some((range) => line.startsWith(range))) },
    };
  }

  #split(place: Unmarked, ranges: readonly string[]): Pick<TargetView, 'managed' | 'others'> {
    const isOfOthers = (range: string) => this.#addedByOthers[place].has(range);
    return { managed: ranges.filter((range) => !isOfOthers(range)), others: ranges.filter(isOfOthers) };
  }

  async act(action: OperatorAction, view: View): Promise<void> {
    if (action.do === 'add') return this.#add(action, view);
    if (action.do === 'remove') return this.#remove(action, view);
    this.drift.add(action.range);
    await this.account.setAddresses(this.ids.exclusive, [...new Set([...view.exclusive.managed, action.range])]);
  }

  async #add({ in: place, range }: Extract<OperatorAction, { do: 'add' }>, view: View): Promise<void> {
    const { managed, others } = view[place];
    if ([...managed, ...others].includes(range)) return;
    if (place === 'group') return this.account.allow(this.ids.group, permission(443, range, 'by hand'));
    this.#addedByOthers[place].add(range);
    if (place === 'list') await this.account.addToPrefixList(this.ids.list, range);
    else await this.account.setAddresses(this.ids.shared, [...managed, ...others, range]);
    await this.adoptRecorded();
  }

  /** Entries with an ownership record count as managed, whoever added them last, because they cannot be distinguished. */
  async adoptRecorded(): Promise<void> {
    const state = await this.account.state(TABLE);
    for (const place of UNMARKED) {
      const recorded = JSON.stringify(state.find(({ id }) => id?.S === this.ids[place]) ?? {});
      for (const range of this.#addedByOthers[place]) {
        if (recorded.includes(`"${range}"`)) this.#addedByOthers[place].delete(range);
      }
    }
  }

  async #remove({ from, which }: Extract<OperatorAction, { do: 'remove' }>, view: View): Promise<void> {
    const { managed, others } = view[from];
    const range = managed[which % Math.max(1, managed.length)];
    if (range === undefined) return;
    if (from === 'group') return this.account.revoke(this.ids.group, range);
    if (from === 'list') return this.account.takeFromPrefixList(this.ids.list, range);
    await this.account.setAddresses(this.ids[from], [...managed.filter((other) => other !== range), ...others]);
  }
}

function rangeOf(rule: string): string {
  return rule.split(' ')[1] ?? '';
}
