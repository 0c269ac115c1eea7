import { Agent } from 'node:http';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parseRange } from '../../../lambda/core/ranges/range';
import { coverage } from '../../../lambda/core/ranges/range-set';
import type { TargetResult } from '../../../lambda/core/report/run-record';
import { DISCOVERY_TAG } from '../../../lambda/shared/constants';
import type { SyncRequest } from '../../../lambda/sync/settings';
import { permission } from '../fixtures';
import { Harness, IMPATIENT, PATIENT, type Run, TABLE, writes } from '../harness';
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
import { type Ids, type OperatorAction, Operators, RANGE_OF_OTHERS, type View } from './operators';
import { PLACES, type Place } from './places';

const HOUR_MS = 60 * 60 * 1000;
const START = Date.parse('2026-06-01T08:05:00Z');

/** The emulator needs a third of a second for a new account, and becomes slow in an old one, because it never deletes tags. */
const HISTORIES_PER_ACCOUNT = 20;
/** Room for the ranges of both regions, the built-in addresses and the entries of others. */
const LIST_SIZE = 40;

/** An answered plan, the place in which it awaited approval, and its changes. */
export interface Answered extends Pick<TargetResult, 'awaitingApproval'> {
  readonly planId: string;
  readonly place: Place | undefined;
}

/** A run, and the targets before and after it. */
export interface Observation {
  readonly time: number;
  readonly before: View;
  readonly after: View;
  readonly run: Run;
  /** The plan that the run was told to apply, or to leave unapplied. */
  readonly approved: Answered | undefined;
  readonly declined: Answered | undefined;
  /** Whether the previous event was a successful run without failures. */
  readonly again: boolean;
}

/** An AWS account, a publisher, operators and a clock, with which the real sync runs. */
export class World {
  readonly publisher = new Publisher();
  /** The runs share connections, because opening new ones takes longer than a run. */
  readonly #agent = new Agent({ keepAlive: true });
  #publisherUrl = '';
  time = START;
  ids: Ids = { exclusive: '', group: '', shared: '', list: '' };
  operators: Operators = undefined as unknown as Operators;
  /** Whether the state was ever lost. Only the state knows which entries of a shared set are managed. */
  stateLost = false;
  readonly #previous = new Map<RegionHere, Publication>();
  #backups: { time: number; items: Record<string, AttributeValue>[] }[] = [];
  #lastRun: Run | undefined;
  #isSettled = false;
  #histories = 0;
  /** The cached view of the targets, until they change. */
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

  /** Starts a history: nothing is synced yet, and both regions are published. */
  async reset(): Promise<void> {
    this.time = START;
    this.stateLost = false;
    this.#previous.clear();
    this.#backups = [];
    this.#lastRun = undefined;
    this.#isSettled = false;
    this.#view = undefined;
    for (const region of REGIONS_HERE)
      this.publisher.current.set(region, publication(region, GOOD[region].slice(0, 3), this.today));
    await (this.#histories++ % HISTORIES_PER_ACCOUNT === 0 ? this.#makeAccount() : this.#emptyAccount());
    const group = await this.h.account.makeGroup('tagged', [{ Key: DISCOVERY_TAG, Value: '443' }]);
    await this.h.account.allow(group, permission(22, '198.51.100.7/32', 'office'));
    this.ids = { ...this.ids, group };
    this.operators = new Operators(this.h.account, this.ids);
    Object.assign(this.h.settings, { intercomRegions: REGIONS_HERE });
  }

  async #makeAccount(): Promise<void> {
    await this.h.reset();
    const shared = await this.h.account.makeIpSet('theirs', [RANGE_OF_OTHERS]);
    const list = await this.h.account.makePrefixList('theirs', LIST_SIZE, 'IPv4', { entries: [RANGE_OF_OTHERS] });
    this.ids = { exclusive: this.h.ownV4, group: '', shared, list };
    this.h.aws = { retryStrategy: IMPATIENT, requestHandler: { ...PATIENT, httpAgent: this.#agent } };
    this.h.lease = { tries: 2 };
    Object.assign(this.h.settings, {
      feedBaseUrl: this.#publisherUrl,
      removalGraceHours: 24,
      maxRemovalShare: 0.5,
    });
    this.h.addTarget({ kind: 'ip-set', id: shared });
    this.h.addTarget({ kind: 'prefix-list', id: list });
  }

  /** Deletes the results of the previous history. */
  async #emptyAccount(): Promise<void> {
    const { account } = this.h;
    await account.setState(TABLE, []);
    await account.deleteGroup(this.ids.group);
    await account.setAddresses(this.ids.exclusive, []);
    await account.setAddresses(this.ids.shared, [RANGE_OF_OTHERS]);
    const listed = (await account.prefixListEntries(this.ids.list)).map((line) => line.split(' ')[0] ?? '');
    await account.takeFromPrefixList(this.ids.list, ...listed.filter((range) => range !== RANGE_OF_OTHERS));
  }

  get intercomRegions(): readonly RegionHere[] {
    return this.h.settings.intercomRegions as RegionHere[];
  }

  get today(): string {
    return new Date(this.time).toISOString().slice(0, 10);
  }

  /** Performs an action. @returns the observation, if the action was a run */
  async act(action: Action): Promise<Observation | undefined> {
    if (action.do !== 'sync') this.#isSettled = false;
    switch (action.do) {
      case 'sync':
        if (action.as === 'approve') return this.sync(this.planAwaitingApproval() ?? this.declinedPlan(), action);
        return this.sync(action.as === 'decline' ? this.planAwaitingApproval() : undefined, action);
      case 'publish':
        return this.#publish(action);
      case 'flap':
        return this.#flap(action.region);
      case 'wait':
        return this.#wait(action.hours);
      case 'configure':
        Object.assign(this.h.settings, { intercomRegions: action.intercomRegions });
        return undefined;
      case 'lose state':
      case 'restore state':
        return this.#changeState(action.do);
      default:
        return this.#act(action);
    }
  }

  /** Runs the sync once. */
  async sync(
    planId?: string,
    { as = 'apply', failure }: Partial<Extract<Action, { do: 'sync' }>> = {},
  ): Promise<Observation> {
    const before = await this.view();
    const answered = planId === undefined ? undefined : this.#answered(planId);
    const [approved, declined] = as === 'decline' ? [undefined, answered] : [answered, undefined];
    const again = this.#isSettled && !failure && !answered;
    this.h.moto.proxy.fault = faultsOf(failure);
    const mode = as === 'plan' ? 'plan' : 'apply';
    const answer = { ...(approved && { approve: approved.planId }), ...(declined && { decline: declined.planId }) };
    const request: SyncRequest = { mode: answered ? 'apply' : mode, ...answer };
    const run = await this.h.sync(request, new Date(this.time).toISOString());
    this.h.moto.proxy.clear();
    if (run.report.targets.length > 0) this.#lastRun = run;
    if (writes(run.calls).length > 0) {
      this.#view = undefined;
      this.#isSettled = false;
    }
    if (request.mode === 'apply' && !failure && !run.error) this.#isSettled = true;
    return { time: this.time, before, after: await this.view(), run, approved, declined, again };
  }

  /** The id of a plan that awaited approval after the last run, if any. */
  planAwaitingApproval(): string | undefined {
    return this.#lastRun?.report.targets.find(({ planId }) => planId !== null)?.planId ?? undefined;
  }

  /** The id of a plan that was declined as of the last run, if one was. */
  declinedPlan(): string | undefined {
    return this.#lastRun?.report.targets.find(({ declined }) => declined !== null)?.declined ?? undefined;
  }

  #answered(planId: string): Answered {
    const targets = this.#lastRun?.report.targets ?? [];
    const target = targets.find((candidate) => (candidate.planId ?? candidate.declined) === planId);
    const place = PLACES.find((candidate) => this.ids[candidate] === target?.id);
    return { planId, place, awaitingApproval: target?.awaitingApproval ?? { added: [], removed: [] } };
  }

  async view(): Promise<View> {
    this.#view ??= await this.operators.observe();
    return this.#view;
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
      older: () => ({ ...publication(region, good, older), trusted: false }),
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

  /** Restores a backup that is at least three days old, because a newer one cannot be distinguished from the current state. */
  async #changeState(how: 'lose state' | 'restore state'): Promise<undefined> {
    const old = this.#backups.filter(({ time }) => time <= this.time - 72 * HOUR_MS).at(-1);
    if (how === 'restore state' && !old) return;
    this.stateLost = true;
    await this.h.account.setState(TABLE, how === 'restore state' && old ? old.items : []);
    await this.operators.adoptRecorded();
    this.#view = undefined;
    // Without the state, an older date than an accepted one is not recognized.
    for (const [region, now] of this.publisher.current) {
      if (now.good.length > 0 && now.status === 200) this.publisher.current.set(region, { ...now, trusted: true });
    }
  }

  async #act(action: OperatorAction): Promise<undefined> {
    await this.operators.act(action, await this.view());
    this.#view = undefined;
  }
}

/** Whether entries allow all of a range. */
export function covers(entries: readonly string[], range: string): boolean {
  return coverage(entries.map(parseRange))(parseRange(range));
}
