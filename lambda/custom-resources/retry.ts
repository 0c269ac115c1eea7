import { isServerError, isThrottlingError, isTransientError } from '@smithy/core/retry';
import type { Context } from 'aws-lambda';
import pRetry from 'p-retry';
import { AllowlistError, DENIED, messageWithCode } from '../shared/errors';

export interface RetryOptions {
  /** Aborted when no further attempt may begin. @default - no limit */
  readonly signal?: AbortSignal;
  /** Wait before the second attempt. Each wait is longer than the one before, up to twenty times this. @default 1 second */
  readonly backoffMs?: number;
}

/** An operation of a custom resource, and what its failure means. */
export interface Operation<T> {
  /** Such as "delete IP set arn:...". */
  readonly name: string;
  readonly run: () => Promise<T>;
  /** Error codes that mean "not yet" for this operation only, such as NotFound right after a creation. */
  readonly notYet?: RegExp;
  /** What to do if the time runs out. @default - deploy again */
  readonly next?: string;
}

/** Thrown when AWS did not accept an operation in the time that a custom resource has. */
export class OperationTimeoutError extends AllowlistError {
  override readonly name = 'OperationTimeoutError';

  constructor({ name, next = 'Deploy again' }: Operation<unknown>, cause: Error) {
    super(
      `Could not ${name} in the time that CloudFormation allows: ${messageWithCode(cause)}. The deployment fails; what is ` +
        `allowed stays in force. ${next}`,
      { cause },
    );
  }
}

/**
 * Codes of a resource that is being changed or is not known everywhere yet, and of internal errors (WAFV2 and EC2 API references,
 * "Errors"), in addition to the throttling and the failures that the SDK knows.
 */
const TRANSIENT = new RegExp(
  [
    '^WAF(OptimisticLock|UnavailableEntity|InternalError|TagOperation|TagOperationInternalError)Exception$',
    '^(IncorrectState|PrefixListVersionMismatch|ConcurrentMutationLimitExceeded|ConcurrentTagAccess|PrefixListBusyError)$',
    '^(InternalError|InternalFailure|ServiceUnavailable|Unavailable)$',
  ].join('|'),
);

/** A new role may take a minute or two to work everywhere; afterwards a denial is final. */
const MAX_DENIALS = 10;

/**
 * Runs an operation until it succeeds, fails for good, or the time is over. It must be idempotent.
 *
 * @throws OperationTimeoutError
 */
export async function retry<T>(operation: Operation<T>, { signal, backoffMs = 1000 }: RetryOptions): Promise<T> {
  let denials = 0;
  let passes = false;
  const canPass = (error: Error) =>
    DENIED.test(error.name)
      ? ++denials <= MAX_DENIALS
      : isTransient(error) || (operation.notYet?.test(error.name) ?? false);
  try {
    return await pRetry(operation.run, {
      retries: Number.POSITIVE_INFINITY,
      minTimeout: backoffMs,
      factor: 1.5,
      maxTimeout: 20 * backoffMs,
      randomize: true,
      // Not by pRetry's own signal, which would discard a result that arrives late: the resource would be orphaned.
      shouldRetry: ({ error }) => {
        passes = canPass(error);
        return passes && !signal?.aborted;
      },
    });
  } catch (error) {
    if (passes && signal?.aborted) throw new OperationTimeoutError(operation, error as Error);
    throw error;
  }
}

type SdkError = Parameters<typeof isThrottlingError>[0];

function isTransient(error: Error): boolean {
  const sdkError = error as SdkError;
  return (
    TRANSIENT.test(error.name) || isThrottlingError(sdkError) || isTransientError(sdkError) || isServerError(sdkError)
  );
}

/** For the last wait, the last attempt, the cleanup and the answer. */
const RESERVE_MS = 120_000;

/** How an invocation retries: until two minutes before Lambda stops it. */
export function retryOptionsFor(context: Pick<Context, 'getRemainingTimeInMillis'>): RetryOptions {
  return { signal: AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS)) };
}
