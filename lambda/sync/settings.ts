import * as v from 'valibot';
import { PLAN_ID } from '../core/plan/approval';
import { parseExtraRanges } from '../core/ranges/extra-ranges';
import type { Range } from '../core/ranges/range';
import { mergeRanges } from '../core/ranges/range-set';
import type { SyncMode } from '../core/report/run-record';
import { callerOf } from '../shared/caller';
import { Env, SCHEDULE_PAYLOAD } from '../shared/constants';
import { dashboardLink } from '../shared/dashboard';
import { required, requiredIntercomRegions, requiredNumber } from '../shared/environment';
import { InvalidConfigError } from '../shared/errors';
import { parseFeedBaseUrl } from '../shared/feed-url';
import type { GuardSetting } from '../shared/guards';
import type { IntercomRegion } from '../shared/intercom-regions';
import { MESSAGE_FORMATS, type MessageFormat } from '../shared/message-formats';
import { parseGuards } from '../shared/parse-guards';
import { parseTargets } from '../shared/parse-targets';
import type { TargetSetting } from '../shared/targets';

/** How the stack configured this function. */
export interface Settings {
  readonly owner: string;
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
  /** Where messages about changes go. @default - nowhere */
  readonly changes?: ChangesSettings | undefined;
}

export interface ChangesSettings {
  readonly topicArn: string;
  readonly format: MessageFormat;
  readonly dashboardUrl: string | undefined;
}

/** @throws InvalidConfigError with the variable, its value and the allowed values. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    owner: required(env, Env.owner),
    intercomRegions: requiredIntercomRegions(env),
    feedBaseUrl: parseFeedBaseUrl(required(env, Env.feedBaseUrl), Env.feedBaseUrl),
    extraRanges: mergeRanges(parseExtraRanges(env[Env.extraRanges] ?? '', Env.extraRanges)),
    stateTable: required(env, Env.stateTable),
    targets: parseTargets(required(env, Env.targets), Env.targets),
    guards: parseGuards(required(env, Env.guards), Env.guards),
    removalGraceHours: requiredNumber(env, 'removalGraceHours'),
    maxRemovalShare: requiredNumber(env, 'maxRemovalShare'),
    rulesPerSecurityGroup: requiredNumber(env, 'rulesPerSecurityGroup'),
    changes: readChanges(env),
  };
}

function readChanges(env: NodeJS.ProcessEnv): ChangesSettings | undefined {
  const topicArn = env[Env.changesTopicArn];
  if (!topicArn) return undefined;
  const format = env[Env.changeFormat] ?? 'text';
  if (!isFormat(format)) throw new InvalidConfigError(Env.changeFormat, format, MESSAGE_FORMATS.join(', '));
  return { topicArn, format, dashboardUrl: linkOf(env) };
}

function linkOf(env: NodeJS.ProcessEnv): string | undefined {
  const [region, name] = [env.AWS_REGION, env[Env.dashboardName]];
  return region && name ? dashboardLink(region, name) : undefined;
}

function isFormat(text: string): text is MessageFormat {
  return MESSAGE_FORMATS.some((format) => format === text);
}

/** The request of an invocation. */
export interface SyncRequest {
  readonly mode: SyncMode;
  /** Who asks for the run, as the caller says. @default unknown */
  readonly by?: string | undefined;
  /** The id of a plan that awaits approval, to apply it. @default - none */
  readonly approve?: string;
  /** The id of a plan that awaits approval, to leave it alone from now on. @default - none */
  readonly decline?: string;
  /** Whether a schedule invoked the function. Lambda then retries a failed run. @default false */
  readonly scheduled?: boolean;
}

const by = v.optional(
  v.pipe(
    v.string(),
    v.transform((said: string) => callerOf(said)),
  ),
);
const planId = v.pipe(v.string(), v.regex(PLAN_ID));
const Payload = v.union([
  v.pipe(
    v.strictObject({ trigger: v.literal(SCHEDULE_PAYLOAD.trigger) }),
    v.transform(() => ({ scheduled: true, by: SCHEDULE_PAYLOAD.trigger })),
  ),
  v.strictObject({ by }),
  v.strictObject({ mode: v.picklist(['apply', 'plan']), by }),
  v.strictObject({ approve: planId, by }),
  v.strictObject({ decline: planId, by }),
]);

/** A payload in an error is cut: it may hold anything. */
const SHOWN_PAYLOAD = 300;

/**
 * Reads the payload of an invocation: `{}` applies all changes that need no approval, `{"mode":"plan"}` writes nothing,
 * `{"approve":"<planId>"}` also applies the plan with that id, and `{"decline":"<planId>"}` leaves it unapplied. Each can name the
 * caller with `by`.
 *
 * @throws InvalidConfigError
 */
export function readRequest(payload: unknown): SyncRequest {
  const parsed = v.safeParse(Payload, payload ?? {});
  // valibot accepts an array as an object without keys.
  if (!parsed.success || Array.isArray(payload)) {
    const allowed =
      '{}, {"mode":"apply"}, {"mode":"plan"}, {"approve":"<planId>"} or {"decline":"<planId>"}, where planId is the id of a plan that ' +
      'awaits approval, 12 hexadecimal digits; each also with "by":"<who you are>". Nothing was read or changed, and the ranges in force stay in force';
    throw new InvalidConfigError('payload', shown(payload), allowed);
  }
  return { mode: 'apply', ...parsed.output };
}

function shown(payload: unknown): unknown {
  const text = JSON.stringify(payload) ?? '';
  return text.length > SHOWN_PAYLOAD ? `${text.slice(0, SHOWN_PAYLOAD)}...` : payload;
}
