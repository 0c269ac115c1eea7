import type { OwnershipRecord } from '../../core/plan/ownership';
import type { CurrentEntry, DesiredEntry, Port } from '../../core/plan/plan';
import type { Capacity, WriteSequence } from '../../core/plan/sequence';
import type { Family } from '../../core/ranges/range';
import { AllowlistError } from '../../shared/errors';

export const TARGET_KINDS = ['ip-set', 'security-group', 'prefix-list'] as const;

export type TargetKind = (typeof TARGET_KINDS)[number];

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
