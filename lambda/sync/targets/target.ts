import type { Reference } from '../../core/exposure/exposure';
import type { CurrentEntry, DesiredEntry, OwnershipRecord, Port } from '../../core/plan/entries';
import type { Capacity, WriteSequence } from '../../core/plan/sequence';
import type { WriteProgress } from '../../core/plan/written';
import type { Family } from '../../core/ranges/range';
import { ACCEPT_TAG } from '../../shared/constants';
import { AllowlistError } from '../../shared/errors';
import type { TargetKind, TargetSetting } from '../../shared/targets';
import type { AwsClients } from '../clients';
import type { Settings } from '../settings';
import type { CallMetadata } from '../throttling';

/** What the sync needs to know about a kind of target. Each kind's folder exports one, and `kinds.ts` lists them. */
export interface TargetKindSupport {
  /** How many targets of the kind a run may begin per second. */
  readonly perSecond: { readonly reads: number; readonly writes: number };
  /** Finds the targets of the kind: those that the stack names, and those that carry the discovery tag. */
  discover(named: readonly TargetSetting[], context: DiscoveryContext): Promise<Discovery>;
}

export interface DiscoveryContext {
  readonly settings: Pick<Settings, 'owner' | 'rulesPerSecurityGroup'>;
  readonly clients: Omit<AwsClients, 'state'>;
  /** Wait before a prefix list that is being changed is read again. @default 500 ms */
  readonly backoffMs?: number | undefined;
}

export interface Discovery {
  readonly targets: readonly Target[];
  readonly unusable: readonly UnusableTarget[];
}

/** A target that is configured but can't be used, and why. It counts as one failed target and does not delay others. */
export interface UnusableTarget {
  readonly id: string;
  readonly kind: TargetKind;
  readonly error: string;
}

/** What a target allows now, and what `apply` needs to detect that somebody changed it since. */
export interface Snapshot<E extends CurrentEntry = CurrentEntry> {
  readonly entries: readonly E[];
  /** The address families that the target can hold. */
  readonly families: readonly Family[];
  readonly capacity: Capacity;
  /** What it allows by reference. @default - nothing */
  readonly references?: readonly Reference[];
  /** Why its owner accepts an exposure. @default - they do not */
  readonly acceptedExposure?: string | undefined;
}

interface Tag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** The text of the tag that accepts an exposure. A tag without a text accepts nothing. */
export function acceptedIn(tags: readonly Tag[] = []): string | undefined {
  return tags.find(({ Key }) => Key === ACCEPT_TAG)?.Value?.trim() || undefined;
}

/** An AWS resource whose entries are reconciled. Batching, quotas and error codes live inside the adapter. */
export interface Target<S extends Snapshot = Snapshot> {
  /** The ARN of an IP set, or the id of a group or list. */
  readonly id: string;
  readonly kind: TargetKind;
  /** Whether every entry in it is managed. */
  readonly exclusive: boolean;
  /** Whether the operator's own ranges belong in it: the stack created it. */
  readonly hasExtraRanges: boolean;
  readonly ports: readonly Port[];
  /** API calls made so far, the SDK's retries included. */
  readonly apiCalls: number;
  /** Those of them that AWS throttled. */
  readonly throttled: number;
  /**
   * @param owned the ownership records of the target
   * @throws TargetError
   */
  read(owned: readonly OwnershipRecord[]): Promise<S>;
  /**
   * Writes the steps in order, and stops at the first that fails.
   *
   * @param progress receives each part that is sent, and whether AWS confirmed it
   * @throws ConflictError if the target changed since it was read. @throws TargetError
   */
  apply(
    snapshot: S,
    sequence: WriteSequence<S['entries'][number]>,
    describe: (entry: DesiredEntry) => string,
    progress: WriteProgress<S['entries'][number]>,
  ): Promise<void>;
}

/** Thrown when the target changed since it was read. It must be read and planned again. */
export class ConflictError extends AllowlistError {
  override readonly name = 'ConflictError';

  constructor(id: string, options: ErrorOptions) {
    super(
      `Each time the sync updated ${id}, something else had changed it first. What it allows stays in force; ranges published ` +
        'since are not in it. Find out what else writes to it, then invoke the sync again',
      options,
    );
  }
}

/** Thrown when a target can't be read or changed. Its entries stay as they are. */
export class TargetError extends AllowlistError {
  override readonly name = 'TargetError';
}

/** Counts the API calls of one target, including the SDK's retries. */
export class CallCounter {
  calls = 0;
  throttled = 0;

  async count<T extends { $metadata: CallMetadata }>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      this.add(answer.$metadata);
      return answer;
    } catch (error) {
      this.add((error as Partial<T>).$metadata);
      throw error;
    }
  }

  add({ attempts = 1, throttled = 0 }: CallMetadata = {}): void {
    this.calls += attempts;
    this.throttled += throttled;
  }
}
