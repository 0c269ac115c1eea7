import type { IntercomRegion } from '../../shared/intercom-regions';
import type { Range } from '../ranges/range';

/** A TCP port, or undefined where the target has no ports (IP sets). */
export type Port = number | undefined;

/** A range to allow in a target, and the regions that publish it. */
export interface DesiredRange {
  readonly range: Range;
  readonly intercomRegions: readonly IntercomRegion[];
}

/** A range to allow at a port. */
export interface DesiredEntry extends DesiredRange {
  readonly port: Port;
}

/** An entry that a target has now. */
export interface CurrentEntry {
  readonly range: Range;
  readonly port: Port;
  /** Whether the sync put it there. Entries of others are never touched. */
  readonly managed: boolean;
  /** Undefined if there is no record, and for entries of others. */
  readonly ownership: OwnershipRecord | undefined;
  /** How AWS names it, such as `rule sgr-0123456789abcdef0 (tcp 443)`. @default - it has no name but its range */
  readonly label?: string | undefined;
}

/** The difference, as data, before any write. Generic so that a target gets its own entries back. Sorted. */
export interface Changes<E extends CurrentEntry = CurrentEntry> {
  readonly add: readonly DesiredEntry[];
  readonly remove: readonly E[];
  readonly unchanged: readonly E[];
  /** Desired, and left to entries of others that hold or cover it. */
  readonly covered: readonly DesiredEntry[];
}

/** What the state table records about a range that the sync put into a target. */
export interface OwnershipRecord {
  readonly range: Range;
  /** The Intercom regions that published it; empty if that is unknown. */
  readonly intercomRegions: readonly IntercomRegion[];
  /** ISO 8601, UTC: when the sync added it. */
  readonly addedAt: string;
  /** ISO 8601, UTC: since when no feed has it, as far as is known. Undefined while one does. */
  readonly absentSince?: string | undefined;
}
