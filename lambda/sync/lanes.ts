import pMap from 'p-map';
import { TARGET_KINDS, type TargetKind } from './targets/target';

/** How many targets of a kind are under way at once. */
type AtOnce = Readonly<Record<TargetKind, number>>;

/** Hundreds of reads at once would be throttled, and so would whatever else calls these APIs in the account. */
export const READING: AtOnce = { 'ip-set': 4, 'security-group': 8, 'prefix-list': 8 };
/** WAF takes one write a second of an account (docs.aws.amazon.com/waf/latest/developerguide/limits.html), EC2 five. */
export const WRITING: AtOnce = { 'ip-set': 1, 'security-group': 4, 'prefix-list': 4 };

/**
 * Works on targets, so many of each kind at a time: a kind that waits for its API holds up no other.
 *
 * @returns the results in the order of the items
 */
export async function inLanes<T, R>(
  items: readonly T[],
  atOnce: AtOnce,
  kindOf: (item: T) => TargetKind,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<T, R>();
  const note = async (item: T) => results.set(item, await work(item));
  await Promise.all(
    TARGET_KINDS.map((kind) => {
      const lane = items.filter((item) => kindOf(item) === kind);
      return pMap(lane, note, { concurrency: atOnce[kind] });
    }),
  );
  return items.map((item) => results.get(item) as R);
}
