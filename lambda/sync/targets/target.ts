import type { CurrentEntry, DesiredEntry, OwnershipRecord, Port } from '../../core/plan/entries';
import type { Capacity, WriteSequence } from '../../core/plan/sequence';
import type { Family } from '../../core/ranges/range';
import { AllowlistError } from '../../shared/errors';
import type { TargetKind, TargetSetting } from '../../shared/targets';
import type { AwsClients } from '../clients';
import type { Settings } from '../settings';

/** What the sync needs to know of a kind of target. Each kind's folder has one, and `kinds.ts` lists them. */
export interface TargetKindSupport {
  /** How many targets of the kind a run may begin per second. */
  readonly perSecond: { readonly reads: number; readonly writes: number };
  /** Finds the targets of the kind: those that the stack names, and those that carry the discovery tag. */
  discover(named: readonly TargetSetting[], context: DiscoveryContext): Promise<Discovery>;
}

export interface DiscoveryContext {
  readonly settings: Pick<Settings, 'stackName' | 'rulesPerSecurityGroup'>;
  readonly clients: Omit<AwsClients, 'state'>;
  /** Wait before the second look at a prefix list that is being changed. @default 500 ms */
  readonly backoffMs?: number | undefined;
}

export interface Discovery {
  readonly targets: readonly Target[];
  readonly unusable: readonly UnusableTarget[];
}

/** A target that is configured but can't be used, and why. It is one failed target and holds up no other. */
export interface UnusableTarget {
  readonly id: string;
  readonly kind: TargetKind;
  readonly error: string;
}

/** What a target allows now, and what `apply` needs to be sure that it changes just that. */
export interface Snapshot<E extends CurrentEntry = CurrentEntry> {
  readonly entries: readonly E[];
  /** The address families that the target can hold. */
  readonly families: readonly Family[];
  readonly capacity: Capacity;
}

/** An AWS resource whose entries are reconciled. Batching, quotas and error codes live inside the adapter. */
export interface Target<S extends Snapshot = Snapshot> {
  /** The ARN of an IP set, the id of a group. */
  readonly id: string;
  readonly kind: TargetKind;
  /** Whether the stack made it: then everything in it is ours. */
  readonly exclusive: boolean;
  readonly ports: readonly Port[];
  /** API calls made so far, the SDK's retries included. */
  readonly apiCalls: number;
  /**
   * @param owned what we put there, as far as is remembered
   * @throws TargetError
   */
  read(owned: readonly OwnershipRecord[]): Promise<S>;
  /**
   * Writes the steps in their order. When one fails, none after it is begun.
   *
   * @throws ConflictError when the target changed since it was read. @throws TargetError
   */
  apply(
    snapshot: S,
    sequence: WriteSequence<S['entries'][number]>,
    describe: (entry: DesiredEntry) => string,
  ): Promise<void>;
}

/** Thrown when the target is not as it was read: read again, plan again. */
export class ConflictError extends AllowlistError {
  override readonly name = 'ConflictError';

  constructor(id: string, options: ErrorOptions) {
    super(
      `${id} was changed by somebody else again and again while it was being updated. What it allows stays in force; new ` +
        'ranges are not in it. Find who else writes it, then invoke the sync again',
      options,
    );
  }
}

/** Thrown when a target can't be read or changed. Its entries stay as they are. */
export class TargetError extends AllowlistError {
  override readonly name = 'TargetError';
}

/** Counts the calls of one target, the SDK's own retries included, and passes the answers on. */
export class CallCounter {
  calls = 0;

  async count<T extends { $metadata: { attempts?: number } }>(call: Promise<T>): Promise<T> {
    try {
      const answer = await call;
      this.calls += answer.$metadata.attempts ?? 1;
      return answer;
    } catch (error) {
      this.calls += (error as Partial<T>).$metadata?.attempts ?? 1;
      throw error;
    }
  }
}
