import { writes } from '../harness';
import { REGIONS_HERE, type RegionHere, regionOf, shipped, WIDE } from './feeds';
import { covers, type Look, PLACES, type Place, type World } from './world';

const GRACE_MS = 24 * 60 * 60 * 1000;
const MAX_SHARE = 0.5;

/** Judges every run of one history by what was published and what is in AWS, knowing nothing of plans or state. */
export class Judge {
  /** Good entries that were published while a run looked, and what ships with the code. */
  readonly #published = new Set<string>(REGIONS_HERE.flatMap(shipped));
  readonly #approved = new Set<string>();
  /** When a run that ended well last found a range published, or when the range first turned up in the target. */
  readonly #seen = new Map<string, number>();

  constructor(private readonly world: World) {}

  judge(look: Look): void {
    const { current } = this.world.publisher;
    for (const { good } of current.values()) for (const range of good) this.#published.add(range);
    this.#noteApproved(look);
    for (const place of PLACES) {
      this.#judgeOthers(place, look);
      this.#judgeInForce(place, look);
      this.#judgeEmptied(place, look);
      this.#judgeRemoved(place, look);
    }
    if (look.run.report?.mode === 'plan')
      expect({ 'a plan writes': writes(look.run.calls) }).toEqual({ 'a plan writes': [] });
    this.#noteSeen(look);
  }

  #noteApproved({ approved, run }: Look): void {
    if (!approved || !run.report) return;
    const done = run.report.targets.filter((target) => target.approved === approved);
    for (const { added } of done) for (const range of added) this.#approved.add(range);
  }

  #judgeOthers(place: Place, { before, after }: Look): void {
    expect({ [`others in ${place}`]: after[place].others }).toEqual({ [`others in ${place}`]: before[place].others });
  }

  #judgeInForce(place: Place, { after, approved }: Look): void {
    const never = after[place].ours.filter((range) => {
      const known = this.#published.has(range) || (place === 'own' && this.world.intruders.has(range));
      const isWide = Object.values(WIDE).includes(range);
      return !known || (isWide && !approved && !this.#approved.has(range));
    });
    for (const range of after[place].ours)
      if (approved && Object.values(WIDE).includes(range)) this.#approved.add(range);
    expect({ [`in force in ${place}, never to be`]: never }).toEqual({ [`in force in ${place}, never to be`]: [] });
  }

  #judgeEmptied(place: Place, { before, after }: Look): void {
    const emptied = before[place].ours.length > 0 && after[place].ours.length === 0 && after[place].others.length === 0;
    expect({ [`${place} emptied`]: emptied }).toEqual({ [`${place} emptied`]: false });
  }

  #judgeRemoved(place: Place, look: Look): void {
    const { before, after, time } = look;
    const removed = before[place].ours.filter((range) => !after[place].ours.includes(range));
    const withdrawn = removed.filter((range) => !this.#isFree(place, range, look));
    const early = withdrawn.filter((range) => time - (this.#seen.get(`${place} ${range}`) ?? time) < GRACE_MS);
    expect({ [`removed from ${place} within the grace`]: early }).toEqual({
      [`removed from ${place} within the grace`]: [],
    });
    const doubtful = withdrawn.filter((range) => !this.#isSound(regionOf(range)));
    expect({ [`removed from ${place} under doubt`]: doubtful }).toEqual({ [`removed from ${place} under doubt`]: [] });
    if (!look.approved) this.#judgeShare(place, look, withdrawn);
  }

  /** Of a region; of all together where the state was lost, and nothing tells which region an entry was of. */
  #judgeShare(place: Place, { before, after }: Look, withdrawn: readonly string[]): void {
    for (const region of this.world.forgot ? [undefined] : REGIONS_HERE) {
      const isOf = (range: string) => region === undefined || regionOf(range) === region;
      const had = new Set([...before[place].ours, ...after[place].ours].filter(isOf));
      const lost = withdrawn.filter(isOf);
      const what = `lost in ${place} of ${region ?? 'all'}: ${lost.join()} of ${[...had].join()}`;
      expect({ [what]: lost.length <= had.size * MAX_SHARE }).toEqual({ [what]: true });
    }
  }

  /** What may go at once: a stranger's, what the operator retired, and what others let in anyway. */
  #isFree(place: Place, range: string, { after }: Look): boolean {
    const region = regionOf(range);
    const retired = region !== undefined && !this.world.regions.includes(region);
    const stranger = place === 'own' && this.world.intruders.has(range);
    return retired || stranger || covers([...after[place].others, ...after[place].ours], range);
  }

  #isSound(region: RegionHere | undefined): boolean {
    return region !== undefined && (this.world.publisher.current.get(region)?.sound ?? false);
  }

  #noteSeen({ run, after, time }: Look): void {
    for (const place of PLACES) {
      const target = run.report?.targets.find(({ id }) => id === this.world.ids[place]);
      const looked = run.report?.mode === 'apply' && target?.outcome !== 'failed';
      for (const range of after[place].ours) {
        const key = `${place} ${range}`;
        if (!this.#seen.has(key) || (looked && this.#isPublished(range))) this.#seen.set(key, time);
      }
    }
    // What is gone and comes back is seen anew.
    for (const key of this.#seen.keys()) {
      const [place, range = ''] = key.split(' ') as [Place, string];
      if (!after[place].ours.includes(range)) this.#seen.delete(key);
    }
  }

  #isPublished(range: string): boolean {
    const region = regionOf(range);
    return region !== undefined && (this.world.publisher.current.get(region)?.good.includes(range) ?? false);
  }
}
