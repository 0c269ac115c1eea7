import * as v from 'valibot';
import { PLAN_ID } from '../core/plan/approval';
import { parseExtraRanges } from '../core/ranges/extra-ranges';
import type { Range } from '../core/ranges/range';
import type { SyncMode } from '../core/report/run-record';
import { Env, SCHEDULE_PAYLOAD } from '../shared/constants';
import { required, requiredIntercomRegions, requiredNumber } from '../shared/environment';
import { InvalidConfigError } from '../shared/errors';
import { parseFeedBaseUrl } from '../shared/feed-url';
import type { GuardSetting } from '../shared/guards';
import type { IntercomRegion } from '../shared/intercom-regions';
import { parseGuards } from '../shared/parse-guards';
import { parseTargets } from '../shared/parse-targets';
import type { TargetSetting } from '../shared/targets';

/** How the stack configured this function. */
export interface Settings {
  readonly stackName: string;
  readonly intercomRegions: readonly IntercomRegion[];
  readonly feedBaseUrl: string;
  /** The operator's own ranges, allowed in exclusive targets. */
  readonly extraRanges: readonly Range[];
  readonly stateTable: string;
  /** The targets that the stack names. Tagged ones are discovered in each run. */
  readonly targets: readonly TargetSetting[];
  /** What makes the allowlist effective. Each run checks it. */
  readonly guards: readonly GuardSetting[];
  /** How long a range must be absent from the feeds before it is removed. */
  readonly removalGraceHours: number;
  /** The share of a region's ranges in a target that may be removed in one run without approval. */
  readonly maxRemovalShare: number;
  /** The quota of rules per security group. */
  readonly rulesPerSecurityGroup: number;
}

/** @throws InvalidConfigError with the variable, its value and the allowed values. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    stackName: required(env, Env.stackName),
    intercomRegions: requiredIntercomRegions(env),
    feedBaseUrl: parseFeedBaseUrl(required(env, Env.feedBaseUrl), Env.feedBaseUrl),
    extraRanges: parseExtraRanges(env[Env.extraRanges] ?? '', Env.extraRanges),
    stateTable: required(env, Env.stateTable),
    targets: parseTargets(required(env, Env.targets), Env.targets),
    guards: parseGuards(required(env, Env.guards), Env.guards),
    removalGraceHours: requiredNumber(env, 'removalGraceHours'),
    maxRemovalShare: requiredNumber(env, 'maxRemovalShare'),
    rulesPerSecurityGroup: requiredNumber(env, 'rulesPerSecurityGroup'),
  };
}

/** The request of an invocation. */
export interface SyncRequest {
  readonly mode: SyncMode;
  /** The id of a plan that awaits approval, to apply it. @default - none */
  readonly approve?: string;
  /** Whether a schedule invoked the function. Lambda then retries a failed run. @default false */
  readonly scheduled?: boolean;
}

const Payload = v.union([
  v.pipe(
    v.strictObject({ trigger: v.literal(SCHEDULE_PAYLOAD.trigger) }),
    v.transform(() => ({ scheduled: true })),
  ),
  v.strictObject({}),
  v.strictObject({ mode: v.picklist(['apply', 'plan']) }),
  v.strictObject({ approve: v.pipe(v.string(), v.regex(PLAN_ID)) }),
]);

/**
 * Reads the payload of an invocation: `{}` applies all changes that need no approval, `{"mode":"plan"}` writes nothing, and
 * `{"approve":"<planId>"}` also applies the plan with that id.
 *
 * @throws InvalidConfigError
 */
export function readRequest(payload: unknown): SyncRequest {
  const parsed = v.safeParse(Payload, payload ?? {});
  // valibot accepts an array as an object without keys.
  if (!parsed.success || Array.isArray(payload)) {
    const allowed =
      '{}, {"mode":"apply"}, {"mode":"plan"} or {"approve":"<planId of a plan that awaits approval, 12 hexadecimal digits>"}';
    throw new InvalidConfigError('payload', payload, allowed);
  }
  return { mode: 'apply', ...parsed.output };
}
