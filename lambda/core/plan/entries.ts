import type { RangeSource } from '../../shared/intercom-regions';
import type { Range } from '../ranges/range';

/** A TCP port, or undefined where the target has no ports (IP sets). */
export type Port = number | undefined;

/** A range to allow in a target, and its sources. */
export interface DesiredRange {
  readonly range: Range;
  readonly intercomRegions: readonly RangeSource[];
}

/** A range to allow at a port. */
export interface DesiredEntry extends DesiredRange {
  readonly port: Port;
}

/** An entry that a target has now. */
export interface CurrentEntry {
  readonly range: Range;
  readonly port: Port;
  /** Whether the sync added it. Entries of others are never changed. */
  readonly managed: boolean;
  /** Undefined if there is no record, and for entries of others. */
  readonly ownership: OwnershipRecord | undefined;
  /** How AWS names it, such as `rule sgr-0123456789abcdef0 (tcp 443)`. @default - it has no name but its range */
  readonly label?: string | undefined;
}

/** The difference between desired and current entries, before any write. Sorted. Generic, so that a target gets its own entry type back. */
export interface Changes<E extends CurrentEntry = CurrentEntry> {
  readonly add: readonly DesiredEntry[];
  readonly remove: readonly E[];
  readonly unchanged: readonly E[];
  /** Desired, but not added, because entries of others cover it. */
  readonly covered: readonly DesiredEntry[];
}

/** What the state table records about a range that the sync added to a target. */
export interface OwnershipRecord {
  readonly range: Range;
  /** The Intercom regions that published it; empty if that is unknown. */
  readonly intercomRegions: readonly RangeSource[];
  /** ISO 8601, UTC: when the sync added it. */
  readonly addedAt: string;
  /**
   * Set if the sync added the range without approval. Then it counts against the limit on new addresses: `recent` for a day,
   * `limiting` for as long as additions to the target await approval.
   */
  readonly unapproved?: 'recent' | 'limiting' | undefined;
  /** ISO 8601, UTC: since when no feed is known to publish it. Undefined while one does. */
  readonly absentSince?: string | undefined;
}
