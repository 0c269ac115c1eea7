import type { TargetResult } from '../../../lambda/core/report/run-record';
import { type Run, writes } from '../harness';
import { REGIONS_HERE, type RegionHere, regionOf, shipped, WIDE } from './feeds';
import { PLACES, type Place } from './places';
import { covers, type Observation, type World } from './world';

const GRACE_MS = 24 * 60 * 60 * 1000;
const MAX_SHARE = 0.5;

/**
 * Judges every run of one history by what was published and what is in AWS, knowing nothing of plans or state:
 *
 *     what is of others stays as it was, to the last word of its description
 *     nothing is in force that no region of the configuration ever published, nor a range that is too wide and not approved
 *     nothing of a region that left the configuration is in force
 *     what is published is let in
 *     what lets something in never comes to let in nothing
 *     nothing goes within its grace, nor while its feed is untrusted, nor too much of a region unless that was approved there
 *     a run says what is open in a target that it could read, also when it is in sync
 *     what was declined stays undone for as long as the plan stays the same, and what is approved is applied
 *     a plan writes nothing, and neither does a run that repeats the one before it
 */
export class Invariants {
  /** Good entries that were published for a region while a run looked at it, and what ships with the code. */
  readonly #published = new Set<string>();
  /** Too wide to come unasked, with the place where it was approved. */
  readonly #approved = new Set<string>();
  /** Ids of plans that somebody ever declined. */
  readonly #declined = new Set<string>();
  /** When a run that ended well last found a range published, or when the range first turned up in the target. */
  readonly #seen = new Map<string, number>();

  constructor(private readonly world: World) {}

  invariants(observation: Observation): void {
    for (const region of this.world.intercomRegions) {
      for (const range of [...shipped(region), ...this.#goodOf(region)]) this.#published.add(range);
    }
    this.#noteDeclined(observation);
    this.#noteApproved(observation);
    this.#judgeAnswered(observation);
    for (const place of PLACES) {
      this.#judgeOthers(place, observation);
      this.#judgeInForce(place, observation);
      this.#judgeRetired(place, observation);
      this.#judgeLetIn(place, observation);
      this.#judgeEmptied(place, observation);
      this.#judgeRemoved(place, observation);
      this.#judgeOpen(place, observation);
    }
    this.#judgeIdle(observation);
    this.#noteSeen(observation);
  }

  #goodOf(region: RegionHere): readonly string[] {
    return this.world.publisher.current.get(region)?.good ?? [];
  }

  /** The ranges that a run reports as approved; for a run that was killed, those that it added. */
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

  #judgeAnswered({ approved, before, after, run }: Observation): void {
    for (const place of PLACES) {
      const target = run.report.targets.find(({ id }) => id === this.world.ids[place]);
      if (!target?.declined) continue;
      const { added, removed } = target.awaitingApproval;
      const isKnown = this.#declined.has(target.declined);
      expect({ [`declined in ${place}, though nobody did`]: !isKnown }).toEqual({
        [`declined in ${place}, though nobody did`]: false,
      });
      const done = [
        ...added.filter((range) => after[place].managed.includes(range) && !before[place].managed.includes(range)),
        ...removed.filter((range) => before[place].managed.includes(range) && !after[place].managed.includes(range)),
      ];
      expectNone(`declined, and done in ${place}`, done);
    }
    if (!approved?.place || run.error) return;
    const { place, awaitingApproval } = approved;
    const { managed } = after[place];
    expectNone(`approved, and lost in ${place}`, [
      ...awaitingApproval.added.filter((range) => !managed.includes(range)),
      ...awaitingApproval.removed.filter((range) => managed.includes(range)),
    ]);
  }

  #judgeOthers(place: Place, { before, after }: Observation): void {
    const [was, is] = [before, after].map((view) => [...view[place].others, ...view[place].untouched]);
    expect({ [`others in ${place}`]: is }).toEqual({ [`others in ${place}`]: was });
  }

  #judgeInForce(place: Place, { after }: Observation): void {
    const never = after[place].managed.filter((range) => {
      const known = this.#published.has(range) || this.#isStranger(place, range);
      return !known || (isWide(range) && !this.#approved.has(`${place} ${range}`));
    });
    expectNone(`in force in ${place}, never to be`, never);
  }

  /** Where the state was lost nothing tells which region an entry was of. */
  #judgeRetired(place: Place, observation: Observation): void {
    const target = this.#endedWell(place, observation);
    if (!target || this.world.forgot) return;
    const isRetired = (range: string) => this.#isRetired(regionOf(range));
    const isHeld = (range: string) => target.deferred.some((deferred) => deferred.range === range);
    expectNone(
      `still in force in ${place}, though retired`,
      observation.after[place].managed.filter((range) => isRetired(range) && !isHeld(range)),
    );
  }

  #judgeLetIn(place: Place, observation: Observation): void {
    const target = this.#endedWell(place, observation);
    if (!target) return;
    const { managed, others } = observation.after[place];
    const shut = this.world.intercomRegions
      .flatMap((region) => this.#goodOf(region))
      .filter(
        (range) => !managed.includes(range) && !covers(others, range) && !target.awaitingApproval.added.includes(range),
      );
    expectNone(`published, and shut out of ${place}`, shut);
  }

  /** The report on a target, if it was brought to what it should be. */
  #endedWell(place: Place, { run }: Observation): TargetResult | undefined {
    if (run.error || run.report.mode === 'plan') return undefined;
    return run.report.targets.find(({ id }) => id === this.world.ids[place]);
  }

  /** Entries of others are no allowlist of ours, unless they let in what is published. */
  #judgeEmptied(place: Place, { before, after }: Observation): void {
    const { managed, others } = after[place];
    const lets = managed.length > 0 || [...this.#published].some((range) => covers(others, range));
    expect({ [`${place} emptied`]: before[place].managed.length > 0 && !lets }).toEqual({
      [`${place} emptied`]: false,
    });
  }

  #judgeRemoved(place: Place, observation: Observation): void {
    const { before, after, time } = observation;
    const removed = before[place].managed.filter((range) => !after[place].managed.includes(range));
    const withdrawn = removed.filter((range) => !this.#isFree(place, range, observation));
    const early = withdrawn.filter((range) => time - (this.#seen.get(`${place} ${range}`) ?? time) < GRACE_MS);
    expectNone(`removed from ${place} within the grace`, early);
    const distrusted = withdrawn.filter((range) => !this.#isSound(regionOf(range)));
    expectNone(`removed from ${place} under doubt`, distrusted);
    if (observation.approved?.place !== place) this.#judgeShare(place, observation, withdrawn);
  }

  /** Of a region; of all together where the state was lost, and nothing tells which region an entry was of. */
  #judgeShare(place: Place, { before, after }: Observation, withdrawn: readonly string[]): void {
    for (const region of this.world.forgot ? [undefined] : REGIONS_HERE) {
      const isOf = (range: string) => region === undefined || regionOf(range) === region;
      const had = new Set([...before[place].managed, ...after[place].managed].filter(isOf));
      const lost = withdrawn.filter(isOf);
      const what = `lost in ${place} of ${region ?? 'all'}: ${lost.join()} of ${[...had].join()}`;
      expect({ [what]: lost.length <= had.size * MAX_SHARE }).toEqual({ [what]: true });
    }
  }

  #judgeOpen(place: Place, { run, after }: Observation): void {
    const target = run.report.targets.find(({ id }) => id === this.world.ids[place]);
    if (!target || target.outcome === 'failed') return;
    const open = [...after[place].managed, ...after[place].others].filter(isOpen);
    const said = target.exposed ? target.exposure.map(({ range }) => range) : [];
    expectNone(
      `open in ${place}, and not said`,
      open.filter((range) => !said.includes(range)),
    );
  }

  #judgeIdle({ run, again }: Observation): void {
    if (run.report.mode === 'plan') expectNone('a plan writes', writes(run.calls));
    if (again) expectNone('a run writes, though nothing has happened', writes(run.calls));
  }

  /** What may go at once: a stranger's, what the operator retired, and what others let in anyway. */
  #isFree(place: Place, range: string, { after }: Observation): boolean {
    const isCovered = covers([...after[place].others, ...after[place].managed], range);
    return this.#isRetired(regionOf(range)) || this.#isStranger(place, range) || isCovered;
  }

  #isRetired(region: RegionHere | undefined): boolean {
    return region !== undefined && !this.world.intercomRegions.includes(region);
  }

  #isStranger(place: Place, range: string): boolean {
    return place === 'exclusive' && this.world.operators.intruders.has(range);
  }

  #isSound(region: RegionHere | undefined): boolean {
    return region !== undefined && (this.world.publisher.current.get(region)?.sound ?? false);
  }

  #noteSeen({ run, after, time }: Observation): void {
    for (const place of PLACES) {
      const target = run.report.targets.find(({ id }) => id === this.world.ids[place]);
      const looked = isApplied(run) && target?.outcome !== 'failed';
      for (const range of after[place].managed) {
        const key = `${place} ${range}`;
        if (!this.#seen.has(key) || (looked && this.#isPublished(range))) this.#seen.set(key, time);
      }
    }
    // What is gone and comes back is seen anew.
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

/** Whether the run reached the point at which it applies its plans. */
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
