import * as v from 'valibot';
import { UNKNOWN_CALLER } from '../../shared/caller';
import { GUARD_KINDS } from '../../shared/guards';
import { INTERCOM_REGIONS, RANGE_SOURCES } from '../../shared/intercom-regions';
import { TARGET_KINDS } from '../../shared/targets';

/** CIDRs. In a truncated log line, the last item says how many more there are. */
const Ranges = v.pipe(v.array(v.string()), v.readonly());
const Text = v.nullable(v.string());
/** The log omits them where they are empty if it has to shorten a record: see `fit-for-log.ts`. */
const OptionalRanges = v.optional(Ranges, []);
const OptionalText = v.optional(Text, null);
const AwaitingApproval = v.optional(v.object({ added: Ranges, removed: Ranges }), { added: [], removed: [] });
/** Ranges with the reason why they differ from the feed. */
const Explained = v.pipe(v.array(v.object({ range: v.string(), reason: v.string() })), v.readonly());
const OptionalExplained = v.optional(Explained, []);

/** One Intercom region's part of a target. A range that several regions publish is in the part of each. */
export const RegionResult = v.object({
  /** `extra` for the operator's own ranges, `unknown` for entries without an ownership record. */
  region: v.picklist([...RANGE_SOURCES, 'unknown']),
  /** The number of managed ranges in force: after the run, or, in a plan, now. */
  inForce: v.number(),
  added: OptionalRanges,
  removed: OptionalRanges,
  pendingRemoval: OptionalRanges,
  awaitingApproval: AwaitingApproval,
});

export const FeedResult = v.object({
  region: v.picklist(INTERCOM_REGIONS),
  status: v.picklist(['fresh', 'not-modified', 'stale', 'invalid', 'failed', 'fallback']),
  /** `YYYY-MM-DD` as published. */
  date: Text,
  /** The ranges to allow for this region. */
  ranges: Ranges,
  rejected: Explained,
  /** Why no range of the region may be removed. */
  error: Text,
});

export const TargetResult = v.object({
  /** The ARN of an IP set, the id of a security group or prefix list. */
  id: v.string(),
  kind: v.picklist(TARGET_KINDS),
  outcome: v.picklist(['in-sync', 'changed', 'planned', 'awaiting-approval', 'failed']),
  added: OptionalRanges,
  removed: OptionalRanges,
  /** Both times are ISO 8601, UTC. */
  pendingRemoval: v.optional(
    v.pipe(v.array(v.object({ range: v.string(), absentSince: v.string(), removeAfter: v.string() })), v.readonly()),
    [],
  ),
  /** Removals that a rule defers. */
  deferred: OptionalExplained,
  /** Removals that were made before additions, because the target has no room for both. */
  removedFirst: OptionalRanges,
  /** Managed entries that others removed and the sync restored, and entries of others that it removed from exclusive targets. */
  drift: OptionalRanges,
  /** The changes that await the approval of plan `planId`, or that were declined. */
  awaitingApproval: AwaitingApproval,
  planId: OptionalText,
  /** The id of the plan that this run applied, or would apply, because it was approved. */
  approved: OptionalText,
  /** The id of the plan that somebody declined: `awaitingApproval` lists its changes, which are not applied. */
  declined: OptionalText,
  /** Who declined it, as the caller said. */
  declinedBy: OptionalText,
  /** ISO 8601, UTC. */
  declinedAt: OptionalText,
  byRegion: v.pipe(v.array(RegionResult), v.readonly()),
  error: OptionalText,
  /** Whether entries of others allow a range wider than /20 (IPv4) or /40 (IPv6), after the run. */
  exposed: v.optional(v.boolean(), false),
  /** What others allow beyond the allowlist, widest first. References whose ranges are not read come last, by id or name. */
  exposure: v.optional(
    v.pipe(
      v.array(v.object({ range: v.string(), ports: v.pipe(v.array(v.number()), v.readonly()), entry: v.string() })),
      v.readonly(),
    ),
    [],
  ),
  /** Why the owner of the target accepts the exposure; null if it is not accepted. A log line omits null fields. */
  acceptedExposure: OptionalText,
  /** AWS calls, including retries of the SDK. */
  apiCalls: v.number(),
  /** AWS calls that AWS throttled and the SDK retried. */
  throttled: v.optional(v.number(), 0),
  /** How often the target was read and planned again because another principal changed it during the run. */
  conflicts: v.optional(v.number(), 0),
});

/** Something that makes the allowlist effective, and whether it does. */
export const GuardResult = v.object({
  id: v.string(),
  kind: v.picklist(GUARD_KINDS),
  /** `counting`: a web ACL that blocks nothing, as configured. `exposed`: it has a problem. `unknown`: it could not be read. */
  outcome: v.picklist(['guarding', 'counting', 'exposed', 'unknown']),
  /** What is wrong, what that means for traffic, and what to do. */
  problems: v.pipe(v.array(v.string()), v.readonly()),
  /** What is worth knowing, but no problem. */
  notes: v.pipe(v.array(v.string()), v.readonly()),
});

/**
 * The record of a run: the answer of the sync function and the line in its log, which the command line and the widget read. It is a
 * contract: fields may be added, but not removed.
 */
export const RunRecord = v.object({
  runId: v.string(),
  mode: v.picklist(['apply', 'plan']),
  /** Who asked for the run, as the caller said. */
  by: v.optional(v.string(), UNKNOWN_CALLER),
  outcome: v.picklist(['in-sync', 'changed', 'planned', 'awaiting-approval', 'failed']),
  feeds: v.pipe(v.array(FeedResult), v.readonly()),
  targets: v.pipe(v.array(TargetResult), v.readonly()),
  guards: v.pipe(v.array(GuardResult), v.readonly()),
  /** Why the run failed, what that means for traffic, and what to do; null if it succeeded. A log line omits null fields. */
  error: OptionalText,
  /** In the log: what is left out of a record that did not fit into one log event. */
  shortened: v.optional(v.string()),
});

export type RegionResult = v.InferOutput<typeof RegionResult>;
export type FeedResult = v.InferOutput<typeof FeedResult>;
export type TargetResult = v.InferOutput<typeof TargetResult>;
export type GuardResult = v.InferOutput<typeof GuardResult>;
export type RunRecord = v.InferOutput<typeof RunRecord>;
/** `apply` writes; `plan` writes nothing anywhere. */
export type SyncMode = RunRecord['mode'];
