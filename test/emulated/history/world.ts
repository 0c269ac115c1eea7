import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DISCOVERY_TAG } from '../../../lambda/shared/names';
import { parseRange } from '../../../lambda/sync/ranges/range';
import { coverage } from '../../../lambda/sync/ranges/range-set';
import { permission } from '../fixtures';
import { Harness, IMPATIENT, type Run, TABLE, writes } from '../harness';
import { type Action, faultsOf } from './actions';
import {
  GOOD,
  type Publication,
  Publisher,
  publication,
  REGIONS_HERE,
  type RegionHere,
  unreadable,
  WIDE,
} from './feeds';

const HOUR_MS = 60 * 60 * 1000;
const START = Date.parse('2026-06-01T08:05:00Z');

/** A new account takes the emulator a third of a second; one that much happened in makes it slow, for it forgets no tag. */
const HISTORIES_AN_ACCOUNT = 20;

export type Place = 'own' | 'group' | 'shared';
export const PLACES: readonly Place[] = ['own', 'group', 'shared'];

/** What a target lets in at port 443: what we put there, and what others did. */
export interface Held {
  readonly ours: readonly string[];
  readonly others: readonly string[];
}

export type View = Readonly<Record<Place, Held>>;

/** A run, what was there before and after it, and what was published meanwhile. */
export interface Look {
  readonly time: number;
  readonly before: View;
  readonly after: View;
  readonly run: Run;
  readonly approved: string | undefined;
}

/** An AWS account, a publisher, the people around them and a clock, in which the real sync runs. */
export class World {
  readonly publisher = new Publisher();
  #publisherUrl = '';
  time = START;
  ids: Readonly<Record<Place, string>> = { own: '', group: '', shared: '' };
  /** What people put into the own set: strangers there. */
  readonly intruders = new Set<string>();
  /** Whether the state was ever lost: nothing else knows which entries of a shared set are ours. */
  forgot = false;
  readonly #previous = new Map<RegionHere, Publication>();
  #neighbours: string[] = [];
  #backups: { time: number; items: Record<string, AttributeValue>[] }[] = [];
  #lastRun: Run | undefined;
  #histories = 0;
  /** What is in the targets, until somebody else changes them. */
  #view: View | undefined;

  private constructor(readonly h: Harness) {}

  static async start(): Promise<World> {
    const world = new World(await Harness.start());
    world.#publisherUrl = await world.publisher.start();
    return world;
  }

  async stop(): Promise<void> {
    await this.h.stop();
    await this.publisher.stop();
  }

  /** The beginning of a history: nothing synced yet, both regions published. */
  async reset(): Promise<void> {
    this.time = START;
    this.intruders.clear();
    this.forgot = false;
    this.#previous.clear();
    this.#backups = [];
    this.#lastRun = undefined;
    this.#view = undefined;
    for (const region of REGIONS_HERE)
      this.publisher.current.set(region, publication(region, GOOD[region].slice(0, 3), this.today));
    this.#neighbours = ['198.51.100.0/24'];
    await (this.#histories++ % HISTORIES_AN_ACCOUNT === 0 ? this.#makeAccount() : this.#emptyAccount());
    const group = await this.h.account.makeGroup('tagged', [{ Key: DISCOVERY_TAG, Value: '443' }]);
    await this.h.account.allow(group, permission(22, '198.51.100.7/32', 'office'));
    this.ids = { ...this.ids, group };
    Object.assign(this.h.settings, { regions: REGIONS_HERE });
  }

  async #makeAccount(): Promise<void> {
    await this.h.reset();
    const shared = await this.h.account.makeIpSet('theirs', this.#neighbours);
    this.ids = { own: this.h.ownV4, group: '', shared };
    this.h.aws = { retryStrategy: IMPATIENT };
    this.h.lease = { tries: 2 };
    Object.assign(this.h.settings, {
      feedBaseUrl: this.#publisherUrl,
      sharedIpSets: [shared],
      removalGraceHours: 24,
      maxRemovalShare: 0.5,
    });
  }

  /** What a history left is cleared away. */
  async #emptyAccount(): Promise<void> {
    const { account } = this.h;
    await account.setState(TABLE, []);
    await account.deleteGroup(this.ids.group);
    await account.setAddresses(this.ids.own, []);
    await account.setAddresses(this.ids.shared, this.#neighbours);
  }

  get regions(): readonly RegionHere[] {
    return this.h.settings.regions as RegionHere[];
  }

  get today(): string {
    return new Date(this.time).toISOString().slice(0, 10);
  }

  /** Does it. @returns what there is to judge, if it was a run */
  async act(action: Action): Promise<Look | undefined> {
    switch (action.do) {
      case 'sync':
        return this.sync(action.as === 'approve' ? this.waitingPlan() : undefined, action);
      case 'publish':
        return this.#publish(action);
      case 'flap':
        return this.#flap(action.region);
      case 'wait':
        return this.#wait(action.hours);
      case 'configure':
        Object.assign(this.h.settings, { regions: action.regions });
        return undefined;
      case 'lose state':
      case 'restore state':
        return this.#changeState(action.do);
      default:
        return this.#people(action);
    }
  }

  /** One run, and what it did. */
  async sync(
    approve?: string,
    { as = 'apply', misfortune }: Partial<Extract<Action, { do: 'sync' }>> = {},
  ): Promise<Look> {
    const before = this.#view ?? (await this.view());
    this.h.moto.proxy.fault = faultsOf(misfortune);
    const request = approve
      ? { mode: 'apply' as const, approve }
      : { mode: as === 'plan' ? ('plan' as const) : ('apply' as const) };
    const run = await this.h.sync(request, new Date(this.time).toISOString());
    this.h.moto.proxy.clear();
    if (run.report) this.#lastRun = run;
    this.#view = writes(run.calls).length > 0 ? await this.view() : before;
    return { time: this.time, before, after: this.#view, run, approved: approve };
  }

  /** A plan that the last run refused, if it refused one. */
  waitingPlan(): string | undefined {
    return this.#lastRun?.report.targets.find(({ planId }) => planId !== null)?.planId ?? undefined;
  }

  async view(): Promise<View> {
    const { account } = this.h;
    const rules = (await account.rules(this.ids.group)).filter((rule) => rule.startsWith('443 '));
    const shared = (await account.ipSet(this.ids.shared)).addresses;
    const rangesOf = (lines: string[]) => lines.map((line) => line.split(' ')[1] ?? '').sort();
    return {
      own: { ours: (await account.ipSet(this.ids.own)).addresses, others: [] },
      group: {
        ours: rangesOf(rules.filter((rule) => rule.endsWith('owner=Test'))),
        others: rangesOf(rules.filter((rule) => !rule.includes('owner='))),
      },
      shared: {
        ours: shared.filter((range) => !this.#neighbours.includes(range)),
        others: shared.filter((range) => this.#neighbours.includes(range)),
      },
    };
  }

  #publish({ region, good, flaw, bad }: Extract<Action, { do: 'publish' }>): undefined {
    const now = this.publisher.current.get(region);
    if (now) this.#previous.set(region, now);
    const older = new Date(this.time - 10 * 24 * HOUR_MS).toISOString().slice(0, 10);
    const other = region === 'us' ? GOOD.eu : GOOD.us;
    const make: Readonly<Record<typeof flaw, () => Publication>> = {
      none: () => publication(region, good, this.today),
      undated: () => publication(region, good, undefined),
      poisoned: () => publication(region, good, this.today, bad),
      older: () => ({ ...publication(region, good, older), sound: false }),
      foreign: () => ({ ...unreadable(publication(region === 'us' ? 'eu' : 'us', other, this.today).body) }),
      wide: () => publication(region, [...good, WIDE[region]], this.today),
      empty: () => publication(region, [], this.today),
      html: () => unreadable('<html>maintenance</html>'),
      truncated: () => unreadable(publication(region, good, this.today).body.slice(0, 60)),
      '500': () => unreadable('', 500),
      '404': () => unreadable('', 404),
    };
    this.publisher.current.set(region, make[flaw]());
  }

  async #wait(hours: number): Promise<undefined> {
    if (hours > 1) this.#backups.push({ time: this.time, items: await this.h.account.state(TABLE) });
    this.time += hours * HOUR_MS;
  }

  #flap(region: RegionHere): undefined {
    const [now, before] = [this.publisher.current.get(region), this.#previous.get(region)];
    if (now && before) {
      this.publisher.current.set(region, before);
      this.#previous.set(region, now);
    }
  }

  /** Restored is what was there at least three days ago: what is newer than that can't be told from the current one. */
  async #changeState(how: 'lose state' | 'restore state'): Promise<undefined> {
    const old = this.#backups.filter(({ time }) => time <= this.time - 72 * HOUR_MS).at(-1);
    if (how === 'restore state' && !old) return;
    this.forgot = true;
    await this.h.account.setState(TABLE, how === 'restore state' && old ? old.items : []);
    // A date that is older than any accepted one is only known as such by the state.
    for (const [region, now] of this.publisher.current) {
      if (now.good.length > 0 && now.status === 200) this.publisher.current.set(region, { ...now, sound: true });
    }
  }

  async #people(action: Extract<Action, { do: 'intrude' | 'take out' | 'settle' }>): Promise<undefined> {
    const { account } = this.h;
    const { own, group, shared } = await this.view();
    this.#view = undefined;
    if (action.do === 'intrude') {
      this.intruders.add(action.range);
      await account.setAddresses(this.ids.own, [...new Set([...own.ours, action.range])]);
    } else if (action.do === 'take out') {
      await this.#takeOut(action, { own, group, shared });
    } else if (action.in === 'group') {
      await account.allow(this.ids.group, permission(443, action.range, 'by hand')).catch(() => undefined);
    } else if (![...shared.ours, ...shared.others].includes(action.range)) {
      this.#neighbours.push(action.range);
      await account.setAddresses(this.ids.shared, [...shared.ours, ...shared.others, action.range]);
    }
  }

  async #takeOut({ from, which }: Extract<Action, { do: 'take out' }>, view: View): Promise<void> {
    const { ours, others } = view[from];
    const range = ours[which % Math.max(1, ours.length)];
    if (range === undefined) return;
    if (from === 'group') await this.h.account.revoke(this.ids.group, range);
    else await this.h.account.setAddresses(this.ids[from], [...ours.filter((other) => other !== range), ...others]);
  }
}

/** Whether entries let all of a range in. */
export function covers(entries: readonly string[], range: string): boolean {
  return coverage(entries.map(parseRange))(parseRange(range));
}
