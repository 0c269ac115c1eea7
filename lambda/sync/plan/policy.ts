import type { Region } from '../../shared/regions';
import { type Changes, type CurrentEntry, coverageByPort, type Port } from './plan';

/** What the rules judge by. */
export interface PolicyContext {
  /** The regions that the operator configured. */
  readonly regions: readonly Region[];
  readonly ports: readonly Port[];
  /** Why nothing of a region may be removed in this run. */
  readonly doubts: ReadonlyMap<Region, string>;
}

/** A removal that a rule keeps from happening in this run. */
export interface HeldRemoval<E extends CurrentEntry = CurrentEntry> {
  readonly entry: E;
  readonly reason: string;
}

/** What is left of the changes, and what was held back. */
export interface Verdict<E extends CurrentEntry = CurrentEntry> {
  readonly changes: Changes<E>;
  readonly held: readonly HeldRemoval<E>[];
  /** Set when the plan is refused as a whole: what happened and what it means. */
  readonly refusal: string | undefined;
}

/** A rule: why a removal must wait, or undefined if the rule has nothing against it. */
type RemovalRule = (entry: CurrentEntry, context: PolicyContext) => string | undefined;

/** Every rule that may hold back a single removal, in the order in which they are asked. */
const REMOVAL_RULES: readonly RemovalRule[] = [holdUnderDoubt];

/** Applies every rule to a plan. Additions pass; removals pass only if no rule holds them and the target is not emptied. */
export function applyPolicy<E extends CurrentEntry>(changes: Changes<E>, context: PolicyContext): Verdict<E> {
  // An address that keeps its way in by an entry that stays is not withdrawn: such a removal needs no leave.
  const stays = coverageByPort([...changes.unchanged, ...changes.add]);
  const held: HeldRemoval<E>[] = [];
  const remove: E[] = [];
  for (const entry of changes.remove) {
    const free = isOperatorsAct(entry, context) || stays(entry);
    const reason = free ? undefined : firstReason(entry, context);
    if (reason === undefined) remove.push(entry);
    else held.push({ entry, reason });
  }
  return neverEmpty({ ...changes, remove }, held);
}

/** A region or port that the operator took out of the configuration leaves without any rule: that is their own act. */
function isOperatorsAct(entry: CurrentEntry, { regions, ports }: PolicyContext): boolean {
  const regionRetired = entry.regions?.every((region) => !regions.includes(region));
  return regionRetired === true || !ports.includes(entry.port);
}

function firstReason(entry: CurrentEntry, context: PolicyContext): string | undefined {
  for (const rule of REMOVAL_RULES) {
    const reason = rule(entry, context);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** Doubt adds but never removes. An entry of which nothing remembers the region is under every region's doubt. */
function holdUnderDoubt(entry: CurrentEntry, { regions, doubts }: PolicyContext): string | undefined {
  const doubtful = (entry.regions ?? regions).find((region) => doubts.has(region));
  return doubtful && `the ${doubtful} feed is in doubt: ${doubts.get(doubtful)}`;
}

/** What we keep in a target is never emptied, whoever asks for it. Entries of others count only where they hold what is desired. */
function neverEmpty<E extends CurrentEntry>(changes: Changes<E>, held: readonly HeldRemoval<E>[]): Verdict<E> {
  const { add, covered, unchanged } = changes;
  const kept = add.length + covered.length + held.length + unchanged.filter((entry) => entry.ours).length;
  if (changes.remove.length === 0 || kept > 0) return { changes, held, refusal: undefined };
  const refusal =
    `removing all ${changes.remove.length} entries would leave the target empty, which is never done: nothing was removed. ` +
    'Check the feeds and `regions`; entries that nobody wants are to be taken out by hand';
  const reason = 'a target is never emptied';
  return {
    changes: { ...changes, remove: [] },
    held: [...held, ...changes.remove.map((entry) => ({ entry, reason }))],
    refusal,
  };
}
