import pRetry from 'p-retry';

/** How often a call that IAM denies is made again, and how long to wait before each. */
export interface DenialRetry {
  readonly retries: number;
  readonly delayMs: number;
}

/**
 * Two minutes. A role that a deployment has just created or changed takes effect some time later: "seconds to minutes", as AWS puts it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
 */
export const DEPLOY_DENIALS: DenialRetry = { retries: 24, delayMs: 5000 };

/** The codes by which WAF, DynamoDB and EC2 deny a call. */
const DENIALS = new Set(['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation']);

/** SDK middleware that makes a denied call again. */
export function retryDenials({ retries, delayMs }: DenialRetry) {
  return <A, R>(next: (args: A) => Promise<R>) =>
    (args: A): Promise<R> =>
      pRetry(() => next(args), {
        retries,
        factor: 1,
        minTimeout: delayMs,
        shouldRetry: ({ error }) => DENIALS.has(error.name),
      });
}
