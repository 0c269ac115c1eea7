import pRetry from 'p-retry';
import { DENIED } from '../shared/errors';

/** How often to retry a call that IAM denies, and how long to wait before each retry. */
export interface DenialRetry {
  readonly retries: number;
  readonly delayMs: number;
}

/**
 * Two minutes. A role that a deployment has just created or changed takes effect "seconds to minutes" later, according to AWS
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
 */
export const DEPLOY_DENIALS: DenialRetry = { retries: 24, delayMs: 5000 };

/** SDK middleware that retries denied calls. */
export function retryDenials({ retries, delayMs }: DenialRetry) {
  return <A, R>(next: (args: A) => Promise<R>) =>
    (args: A): Promise<R> =>
      pRetry(() => next(args), {
        retries,
        factor: 1,
        minTimeout: delayMs,
        shouldRetry: ({ error }) => DENIED.test(error.name),
      });
}
