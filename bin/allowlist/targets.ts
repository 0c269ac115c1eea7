import { assessExposure, type Exposure } from '../../lambda/core/exposure/exposure';
import type { CurrentEntry } from '../../lambda/core/plan/entries';
import { compareRanges, formatRange, type Range } from '../../lambda/core/ranges/range';
import type { RangeSource } from '../../lambda/shared/intercom-regions';
import { targetName } from '../../lambda/shared/target-name';
import type { TargetKind } from '../../lambda/shared/targets';
import { NO_DEADLINE } from '../../lambda/sync/deadline';
import { type Acquire, createRateLimiter } from '../../lambda/sync/rate-limit';
import type { Settings } from '../../lambda/sync/settings';
import type { State } from '../../lambda/sync/state/items';
import { discoverTargets } from '../../lambda/sync/targets/discover';
import type { Target } from '../../lambda/sync/targets/target';
import { formatError } from './errors';
import type { Session } from './session';

/** A range that a target allows now, with its ownership record. */
export interface EntryInForce {
  readonly range: Range;
  readonly ports: readonly number[];
  /** Whether the sync added it. */
  readonly managed: boolean;
  /** The name of an entry of others in AWS. @default - only its range */
  readonly label?: string | undefined;
  /** The sources that publish or published it; empty without an ownership record. */
  readonly intercomRegions: readonly RangeSource[];
  /** Both are ISO 8601, UTC. */
  readonly since: string | undefined;
  readonly absentSince: string | undefined;
}

/** The entries that AWS reports for a target, with the ownership records of the state table. */
export interface TargetInForce extends Exposure {
  readonly id: string;
  readonly kind: TargetKind;
  readonly name: string;
  readonly families: readonly number[];
  /** Sorted. Includes entries of others. */
  readonly entries: readonly EntryInForce[];
  /** Why the owner of the target accepts its exposure; null if it is not accepted. */
  readonly acceptedExposure: string | null;
  /** Why it could not be read. */
  readonly error: string | null;
}

/** Reads all targets. A target that cannot be read does not affect the others. */
export async function readTargets(settings: Settings, state: State, session: Session): Promise<TargetInForce[]> {
  const { targets, unusable } = await discoverTargets(settings, session);
  const acquire = createRateLimiter('reads', NO_DEADLINE);
  const read = targets.map((target) => readTarget(target, state, settings, acquire));
  const failed = unusable.map((target) => unread(target, target.error));
  return [...(await Promise.all(read)), ...failed];
}

async function readTarget(
  target: Target,
  state: State,
  { extraRanges }: Settings,
  acquire: Acquire,
): Promise<TargetInForce> {
  try {
    await acquire(target.kind);
    const snapshot = await target.read(state.owned.get(target.id) ?? []);
    const { families, entries, references = [], acceptedExposure = null } = snapshot;
    const referred = references.flatMap(({ ranges = [], ports, label, id }) =>
      ranges.flatMap((range) => ports.map((port) => ofOthers(range, port, `${label}, prefix list ${id}`))),
    );
    const allowed = [...state.feeds.values()].flatMap(({ ranges }) => ranges);
    const exposure = assessExposure(snapshot, target.hasExtraRanges ? [...allowed, ...extraRanges] : allowed);
    return {
      ...unread(target, null),
      ...exposure,
      acceptedExposure,
      families,
      entries: groupByRange([...entries, ...referred]),
    };
  } catch (error) {
    return unread(target, formatError(error));
  }
}

function unread({ id, kind }: Pick<Target, 'id' | 'kind'>, error: string | null): TargetInForce {
  const nothing = { families: [], entries: [], exposed: false, exposure: [], acceptedExposure: null };
  return { id, kind, name: targetName({ id, kind }), ...nothing, error };
}

function ofOthers(range: Range, port: number, label: string): CurrentEntry {
  return { range, port, managed: false, ownership: undefined, label };
}

/** Merges the entries of a security group, which has one per port. A range that is both managed and added by others remains two entries. */
function groupByRange(entries: readonly CurrentEntry[]): EntryInForce[] {
  const groups = new Map<string, EntryInForce>();
  for (const { range, port, managed, ownership, label: name } of [...entries].sort((a, b) =>
    compareRanges(a.range, b.range),
  )) {
    const label = managed ? undefined : name;
    const key = `${formatRange(range)} ${managed} ${label}`;
    const { intercomRegions = [], addedAt: since, absentSince } = ownership ?? {};
    const group = groups.get(key) ?? { range, ports: [], managed, label, intercomRegions, since, absentSince };
    groups.set(key, port === undefined ? group : { ...group, ports: [...group.ports, port] });
  }
  return [...groups.values()];
}
