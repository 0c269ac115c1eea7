import type { TargetResult } from '../../../lambda/core/report/run-record';
import { type Run, writes } from '../harness';
import { builtIn, REGIONS_HERE, type RegionHere, regionOf, WIDE } from './feeds';
import { PLACES, type Place } from './places';
import { covers, type Observation, type World } from './world';

const GRACE_MS = 24 * 60 * 60 * 1000;
const MAX_SHARE = 0.5;

/**
 * Checks every run of one history against the publications and the targets in AWS, without knowledge of plans or state:
 *
 *     entries of others never change, including their descriptions
 *     only ranges that a configured region published are in force, and wide ranges only after approval
 *     no range of a region that was removed from the configuration is in force
 *     every published range is allowed
 *     a target that allows something is never emptied
 *     no range is removed within its grace period or while its feed is untrusted, and not too many of a region without approval
 *     a run reports every exposure of a target that it could read, even if the target is in sync
 *     a declined plan stays unapplied until it changes, and an approved plan is applied
 *     a plan writes nothing, and neither does a run that repeats the previous one
 */
export class Invariants {
  /** Valid entries that were published while a run read the feed, and the built-in addresses. */
  readonly #published = new Set<string>();
  /** Wide ranges, each with the place where it was approved. */
  readonly #approved = new Set<string>();
  /** Ids of plans that somebody ever declined. */
  readonly #declined = new Set<string>();
  /** When a successful run last found a range published, or when the range was first in the target. */
  readonly #seen = new Map<string, number>();

  constructor(private readonly world: World) {}

  check(observation: Observation): void {
    for (const region of this.world.intercomRegions) {
      for (const range of [...builtIn(region), ...this.#goodOf(region)]) this.#published.add(range);
    }
    this.#noteDeclined(observation);
    this.#noteApproved(observation);
    this.#checkAnswered(observation);
    for (const place of PLACES) {
      this.#checkOthers(place, observation);
      this.#checkInForce(place, observation);
      this.#checkRetired(place, observation);
      this.#checkAllowed(place, observation);
      this.#checkEmptied(place, observation);
      this.#checkRemoved(place, observation);
      this.#checkOpen(place, observation);
    }
    this.#checkIdle(observation);
    this.#noteSeen(observation);
  }

  #goodOf(region: RegionHere): readonly string[] {
    return this.world.publisher.current.get(region)?.good ?? [];
  }

  /** Records the ranges that a run reports as approved, or, if it was killed, the ranges that it added. */
  #noteApproved({ approved, run, after }: Observation): void {
    if (!approved?.place) return;
    const { place, planId } = approved;
    const applied = run.report.targets.filter((target) => target.approved === planId && target.outcome !== 'planned');
    const added = isApplied(run) ? applied.flatMap((target) => target.added) : after[place].managed.filter(isWide);
    for (const range of added) this.#approved.add(`${place} ${range}`);
  }

  /** A decline takes back an earlier approval of the same ranges. */
  #noteDeclined({ declined }: Observation): void {
    if (!declined?.place) return;
    this.#declined.add(declined.planId);
    for (const range of declined.awaitingApproval.added) this.#approved.delete(`${declined.place} ${range}`);
  }

  #checkAnswered({ approved, before, after, run }: Observation): void {
    for (const place of PLACES) {
      const target = run.report.targets.find(({ id }) => id === this.world.ids[place]);
      if (!target?.declined) continue;
      const { added, removed } = target.awaitingApproval;
      const isKnown = this.#declined.has(target.declined);
      expect({ [`declined in ${place} by nobody`]: !isKnown }).toEqual({
        [`declined in ${place} by nobody`]: false,
      });
      const done = [
        ...added.filter((range) => after[place].managed.includes(range) && !before[place].managed.includes(range)),
        ...removed.filter((range) => before[place].managed.includes(range) && !after[place].managed.includes(range)),
      ];
      expectNone(`declined, but applied in ${place}`, done);
    }
    if (!approved?.place || run.error) return;
    const { place, awaitingApproval } = approved;
    const { managed } = after[place];
    expectNone(`approved, but not applied in ${place}`, [
      ...awaitingApproval.added.filter((range) => !managed.includes(range)),
      ...awaitingApproval.removed.filter((range) => managed.includes(range)),
    ]);
  }

  #checkOthers(place: Place, { before, after }: Observation): void {
    const [was, is] = [before, after].map((view) => [...view[place].others, ...view[place].untouched]);
    expect({ [`others in ${place}`]: is }).toEqual({ [`others in ${place}`]: was });
  }

  #checkInForce(place: Place, { after }: Observation): void {
    const never = after[place].managed.filter((range) => {
      const known = this.#published.has(range) || this.#isDrift(place, range);
      return !known || (isWide(range) && !this.#approved.has(`${place} ${range}`));
    });
    expectNone(`in force in ${place}, but never published or not approved`, never);
  }

  /** Does not apply after a lost state, because the regions of entries are then unknown. */
  #checkRetired(place: Place, observation: Observation): void {
    const target = this.#endedWell(place, observation);
    if (!target || this.world.stateLost) return;
    const isRetired = (range: string) => this.#isRetired(regionOf(range));
    const isDeferred = (range: string) => target.deferred.some((deferred) => deferred.range === range);
    expectNone(
      `in force in ${place}, but its region is not configured`,
      observation.after[place].managed.filter((range) => isRetired(range) && !isDeferred(range)),
    );
  }

  #checkAllowed(place: Place, observation: Observation): void {
    const target = this.#endedWell(place, observation);
    if (!target) return;
    const { managed, others } = observation.after[place];
    const missing = this.world.intercomRegions
      .flatMap((region) => this.#goodOf(region))
      .filter(
        (range) => !managed.includes(range) && !covers(others, range) && !target.awaitingApproval.added.includes(range),
      );
    expectNone(`published, but not allowed by ${place}`, missing);
  }

  /** The result of a target, if the run succeeded and was not a plan. */
  #endedWell(place: Place, { run }: Observation): TargetResult | undefined {
    if (run.error || run.report.mode === 'plan') return undefined;
    return run.report.targets.find(({ id }) => id === this.world.ids[place]);
  }

  /** Entries of others do not count, unless they allow a published range. */
  #checkEmptied(place: Place, { before, after }: Observation): void {
    const { managed, others } = after[place];
    const allowsAny = managed.length > 0 || [...this.#published].some((range) => covers(others, range));
    expect({ [`${place} emptied`]: before[place].managed.length > 0 && !allowsAny }).toEqual({
      [`${place} emptied`]: false,
    });
  }

  #checkRemoved(place: Place, observation: Observation): void {
    const { before, after, time } = observation;
    const removed = before[place].managed.filter((range) => !after[place].managed.includes(range));
    const withdrawn = removed.filter((range) => !this.#isExempt(place, range, observation));
    const early = withdrawn.filter((range) => time - (this.#seen.get(`${place} ${range}`) ?? time) < GRACE_MS);
    expectNone(`removed from ${place} within the grace period`, early);
    const distrusted = withdrawn.filter((range) => !this.#isTrusted(regionOf(range)));
    expectNone(`removed from ${place} while the feed is untrusted`, distrusted);
    if (observation.approved?.place !== place) this.#checkShare(place, observation, withdrawn);
  }

  /** Checks the share per region, or of all regions together after a lost state. */
  #checkShare(place: Place, { before, after }: Observation, withdrawn: readonly string[]): void {
    for (const region of this.world.stateLost ? [undefined] : REGIONS_HERE) {
      const isOf = (range: string) => region === undefined || regionOf(range) === region;
      const total = new Set([...before[place].managed, ...after[place].managed].filter(isOf));
      const lost = withdrawn.filter(isOf);
      const what = `removed from ${place}, region ${region ?? 'any'}: ${lost.join()} of ${[...total].join()}`;
      expect({ [what]: lost.length <= total.size * MAX_SHARE }).toEqual({ [what]: true });
    }
  }

  #checkOpen(place: Place, { run, after }: Observation): void {
    const target = run.report.targets.find(({ id }) => id === this.world.ids[place]);
    if (!target || target.outcome === 'failed') return;
    const open = [...after[place].managed, ...after[place].others].filter(isOpen);
    const reported = target.exposed ? target.exposure.map(({ range }) => range) : [];
    expectNone(
      `open in ${place}, but not reported`,
      open.filter((range) => !reported.includes(range)),
    );
  }

  #checkIdle({ run, again }: Observation): void {
    if (run.report.mode === 'plan') expectNone('a plan writes', writes(run.calls));
    if (again) expectNone('a run writes although nothing has changed', writes(run.calls));
  }

  /** Ranges that may be removed immediately: drift, regions that are not configured, and ranges that others allow. */
  #isExempt(place: Place, range: string, { after }: Observation): boolean {
    const isCovered = covers([...after[place].others, ...after[place].managed], range);
    return this.#isRetired(regionOf(range)) || this.#isDrift(place, range) || isCovered;
  }

  #isRetired(region: RegionHere | undefined): boolean {
    return region !== undefined && !this.world.intercomRegions.includes(region);
  }

  #isDrift(place: Place, range: string): boolean {
    return place === 'exclusive' && this.world.operators.drift.has(range);
  }

  #isTrusted(region: RegionHere | undefined): boolean {
    return region !== undefined && (this.world.publisher.current.get(region)?.trusted ?? false);
  }

  #noteSeen({ run, after, time }: Observation): void {
    for (const place of PLACES) {
      const target = run.report.targets.find(({ id }) => id === this.world.ids[place]);
      const wasRead = isApplied(run) && target?.outcome !== 'failed';
      for (const range of after[place].managed) {
        const key = `${place} ${range}`;
        if (!this.#seen.has(key) || (wasRead && this.#isPublished(range))) this.#seen.set(key, time);
      }
    }
    // A range that was removed and added again counts as new.
    for (const key of this.#seen.keys()) {
      const [place, range = ''] = key.split(' ') as [Place, string];
      if (!after[place].managed.includes(range)) this.#seen.delete(key);
    }
  }

  #isPublished(range: string): boolean {
    const region = regionOf(range);
    return region !== undefined && this.#goodOf(region).includes(range);
  }
}

/** Whether the run applied its plans. */
function isApplied({ report }: Run): boolean {
  return (
    report.mode === 'apply' && report.feeds.length > 0 && report.targets.every(({ outcome }) => outcome !== 'planned')
  );
}

function isWide(range: string): boolean {
  return Object.values(WIDE).includes(range);
}

/** Wider than any range that the sync adds. */
function isOpen(range: string): boolean {
  return Number(range.split('/')[1]) < 20;
}

function expectNone(what: string, these: readonly string[]): void {
  expect({ [what]: these }).toEqual({ [what]: [] });
}
