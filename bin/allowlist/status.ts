import type { FeedResult, GuardResult, RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import type { TargetKind } from '../../lambda/shared/targets';

/** What `status --json` prints. Times are ISO 8601, UTC; ranges are CIDRs. */
export interface Status {
  readonly stack: { readonly name: string; readonly account: string; readonly region: string };
  /** The latest run that applied; null if there was none for 30 days. */
  readonly lastRun: LastRun | null;
  /** As the latest run, a plan too, had them. */
  readonly feeds: readonly FeedResult[];
  /** As AWS has them now. */
  readonly targets: readonly TargetStatus[];
  /** What makes the allowlist effective, as AWS has it now. */
  readonly guards: readonly GuardResult[];
  readonly pending: readonly Pending[];
  readonly waiting: readonly Waiting[];
  readonly declined: readonly Declined[];
}

export interface LastRun {
  readonly time: string;
  readonly runId: string;
  readonly outcome: RunRecord['outcome'];
  /** Why it counts as failed; empty if it does not. */
  readonly failures: readonly string[];
}

export interface TargetStatus extends Pick<TargetResult, 'exposed' | 'exposure' | 'acceptedExposure'> {
  readonly id: string;
  readonly kind: TargetKind;
  /** What the sync keeps in it; entries of others are left out. */
  readonly ranges: readonly {
    readonly range: string;
    readonly ports: readonly number[];
    readonly intercomRegions: readonly string[];
    readonly since: string | null;
    readonly absentSince: string | null;
  }[];
  readonly error: string | null;
}

export interface Pending {
  readonly range: string;
  readonly intercomRegions: readonly string[];
  readonly target: string;
  readonly absentSince: string;
  readonly removeAfter: string;
}

export interface Waiting {
  readonly planId: string;
  readonly target: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly reason: string;
}

export interface Declined {
  readonly planId: string;
  readonly target: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Who declined it, as the caller said. */
  readonly by: string;
  readonly at: string | null;
}
