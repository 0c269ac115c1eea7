import type { CurrentEntry, Port } from '../plan/entries';
import { compareRanges, formatRange, type Range } from '../ranges/range';
import { coverage } from '../ranges/range-set';
import { excessBits } from '../ranges/routable';

/** A rule that allows the entries of something else: a prefix list, or the members of a security group. */
export interface Reference {
  /** Id of the list or group. */
  readonly id: string;
  /** The name that AWS gives to one of its own lists, such as `com.amazonaws.global.cloudfront.origin-facing`. */
  readonly name?: string | undefined;
  /** The entries of a list; undefined where they are not known, and for a group. */
  readonly ranges: readonly Range[] | undefined;
  /** The ports of the target that the rule opens. */
  readonly ports: readonly number[];
  /** The rule, as `CurrentEntry.label`. */
  readonly label: string;
}

/** A way into a target that the allowlist does not control. */
export interface ExposingEntry {
  /** A CIDR; the id or name of a reference whose addresses are not assessed. */
  readonly range: string;
  /** The ports of the target that it opens; none where the kind has no ports. */
  readonly ports: readonly number[];
  /** What opens it, such as `rule sgr-0123456789abcdef0 (tcp 0-65535)`. */
  readonly entry: string;
}

export interface Exposure {
  /** Whether an entry is wider than /20 (IPv4) or /40 (IPv6). */
  readonly exposed: boolean;
  /** The widest first; references that are not assessed last. */
  readonly exposure: readonly ExposingEntry[];
}

/** The ways in to a target. */
export interface InForce {
  readonly entries: readonly CurrentEntry[];
  readonly references?: readonly Reference[] | undefined;
}

interface Candidate {
  readonly range: Range;
  readonly port: Port;
  readonly label: string;
}

/**
 * Assesses what a target allows beyond the allowlist. An entry of others counts where it allows more than the published ranges. A
 * managed entry counts only where it is wider than any range that the sync adds: somebody else has widened it, and it may stay until
 * its grace is over.
 *
 * @param allowed the ranges that the target is to allow
 */
export function assessExposure({ entries, references = [] }: InForce, allowed: Iterable<Range>): Exposure {
  const isAllowed = coverage([...allowed, ...entries.filter(isManagedRange).map(({ range }) => range)]);
  const candidates = entries.filter((entry) => !isManagedRange(entry)).map(toCandidate);
  const open = [...candidates, ...references.flatMap(listed)]
    .filter(({ range }) => !isAllowed(range))
    .sort((a, b) => excessBits(b.range) - excessBits(a.range) || compareRanges(a.range, b.range));
  const unjudged = references
    .filter(({ ranges }) => ranges === undefined)
    .map(({ id, name, ports, label }) => ({ range: name ?? id, ports, entry: label }));
  return { exposed: open.some(({ range }) => excessBits(range) > 0), exposure: [...oncePerEntry(open), ...unjudged] };
}

function isManagedRange({ managed, range }: CurrentEntry): boolean {
  return managed && excessBits(range) <= 0;
}

function toCandidate({ range, port, label }: CurrentEntry): Candidate {
  return { range, port, label: label ?? `entry ${formatRange(range)}` };
}

function listed({ id, ranges = [], ports, label }: Reference): Candidate[] {
  return ranges.flatMap((range) => ports.map((port) => ({ range, port, label: `${label}, prefix list ${id}` })));
}

/** A rule is an entry at each port that it opens. */
function oncePerEntry(candidates: readonly Candidate[]): ExposingEntry[] {
  const entries = new Map<string, ExposingEntry>();
  for (const { range, port, label } of candidates) {
    const text = formatRange(range);
    const key = `${text} ${label}`;
    const ports = [...(entries.get(key)?.ports ?? []), ...(port === undefined ? [] : [port])];
    entries.set(key, { range: text, ports: ports.sort((a, b) => a - b), entry: label });
  }
  return [...entries.values()];
}
