import type { FeedResult, GuardResult, RunRecord, TargetResult } from '../../lambda/core/report/run-record';
import type { TargetKind } from '../../lambda/shared/targets';

/** The output of `status --json`. Times are ISO 8601, UTC; ranges are CIDRs. */
export interface Status {
  readonly stack: { readonly name: string; readonly account: string; readonly region: string };
  /** The latest run that was not a plan; null if there was none in 30 days. */
  readonly lastRun: LastRun | null;
  /** The feeds as the latest run that read them did, even if it was a plan. */
  readonly feeds: readonly FeedResult[];
  /** The targets as AWS reports them now. */
  readonly targets: readonly TargetStatus[];
  /** The resources that make the allowlist effective, as AWS reports them now, or as the newest run did if the operator may not read them. */
  readonly guards: readonly GuardResult[];
  readonly pending: readonly Pending[];
  readonly waiting: readonly Waiting[];
  readonly blocked: readonly Blocked[];
  readonly declined: readonly Declined[];
}

export interface LastRun {
  readonly time: string;
  readonly runId: string;
  readonly outcome: RunRecord['outcome'];
  /** Why the run failed; empty if it did not fail. */
  readonly failures: readonly string[];
}

export interface TargetStatus extends Pick<TargetResult, 'exposed' | 'exposure' | 'acceptedExposure'> {
  readonly id: string;
  readonly kind: TargetKind;
  /** The managed entries. */
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

/** Changes that no approval can apply. */
export interface Blocked {
  readonly target: string;
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
