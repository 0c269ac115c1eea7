import { messageOf } from '../../shared/errors';
import { TargetError } from './target';

/** What an AWS error code means for the operator, and what to do next. */
const ADVICE: readonly (readonly [codes: RegExp, advice: string])[] = [
  [
    /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/,
    'The sync may not do this: name the resource in the context key for its kind (securityGroupIds, ipSetArns) or tag the ' +
      'group `intercom-allowlist`, then deploy again',
  ],
  [
    /^(WAFNonexistentItemException|InvalidGroup\.NotFound|InvalidGroupId\.Malformed)$/,
    'It does not exist in this account and Region: correct its id in the context and deploy again',
  ],
  [
    /^(RulesPerSecurityGroupLimitExceeded|WAFLimitsExceededException)$/,
    'It has no room: raise the quota in Service Quotas or take rules of others out, then invoke the sync again',
  ],
  [
    /Throttl|RequestLimitExceeded|TooManyRequests|SlowDown/,
    'AWS throttled it through every retry: the next scheduled run tries again; if it lasts, find what else calls this API',
  ],
];

const DEFAULT_ADVICE = 'Invoke the sync again; if it fails again, check the resource and the AWS Health Dashboard';

/**
 * An AWS error as an operator needs it: what happened, what it means for traffic, what to do next.
 *
 * @param doing such as "read IP set arn:..."
 */
export function explain(doing: string, error: unknown): TargetError {
  if (error instanceof TargetError) return error;
  const code = codeOf(error);
  const advice = ADVICE.find(([codes]) => codes.test(code))?.[1] ?? DEFAULT_ADVICE;
  const text = `Could not ${doing}: ${code}: ${messageOf(error)}. What it allows stays in force; ranges published since are not in it. ${advice}`;
  return new TargetError(text, { cause: error });
}

/** The AWS error code, or the error's class name. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'Code' in error && typeof error.Code === 'string' ? error.Code : error.name;
}
