import { AllowlistError, DENIED, messageOf } from '../../shared/errors';
import { TargetError } from './target';

/** What an AWS error code means for the operator, and what to do next. */
const ADVICE: readonly (readonly [codes: RegExp, advice: string])[] = [
  [
    DENIED,
    "The stack grants this permission to the sync's role, but a permissions boundary, an SCP or a manual change denies it. " +
      'Restore the permission, or deploy again',
  ],
  [
    /^(WAFNonexistentItemException|InvalidGroup\.NotFound|InvalidGroupId\.Malformed|InvalidPrefixListI[Dd]\.\w+)$/,
    'It does not exist in this account and Region. If the context names it, correct the context and deploy again; if the stack ' +
      'created it, someone deleted it: destroy the stack and deploy it again',
  ],
  [
    /^(RulesPerSecurityGroupLimitExceeded|WAFLimitsExceededException|PrefixListMaxEntriesExceeded)$/,
    'The target is full. Raise the quota in Service Quotas, or remove entries that this stack does not manage; then invoke the sync again',
  ],
  [
    /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown/,
    'AWS throttled every retry. The next scheduled run tries again; if this continues, find what else calls this API',
  ],
];

const DEFAULT_ADVICE = 'Invoke the sync again; if it fails again, check the resource and the AWS Health Dashboard';

/** What a failure to remove entries means for traffic. */
export const STILL_ALLOWED = 'Ranges that were to be removed are still allowed';

/** What a failure to read or change a target means for traffic. */
export const UNCHANGED = 'What it allows stays in force; ranges published since are not in it';

/**
 * Turns an AWS error into one for the operator: what happened, what it means for traffic, what to do next.
 *
 * @param doing such as "read IP set arn:..."
 * @param meaning for traffic
 */
export function targetErrorOf(doing: string, error: unknown, meaning = UNCHANGED): AllowlistError {
  // Its message already has all three parts.
  if (error instanceof AllowlistError) return error;
  const code = codeOf(error);
  const advice = ADVICE.find(([codes]) => codes.test(code))?.[1] ?? DEFAULT_ADVICE;
  return new TargetError(`Could not ${doing}: ${code}: ${messageOf(error)}. ${meaning}. ${advice}`, { cause: error });
}

/** The AWS error code, or the error's class name. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
}
