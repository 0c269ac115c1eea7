import { isThrottlingError } from '@smithy/core/retry';

/** The metadata of a call, with the number of its tries that AWS throttled. */
export interface CallMetadata {
  readonly attempts?: number | undefined;
  throttled?: number | undefined;
}

/** SDK middleware, within the SDK's own retries, that counts in `$metadata` how many tries of a call AWS throttled. */
export function countThrottling<A, R extends { readonly output: object }>(
  next: (args: A) => Promise<R>,
): (args: A) => Promise<R> {
  let throttled = 0;
  const note = (of: object) => {
    if ('$metadata' in of) (of.$metadata as CallMetadata).throttled = throttled;
  };
  return async (args) => {
    try {
      const result = await next(args);
      note(result.output);
      return result;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isThrottlingError(error as Parameters<typeof isThrottlingError>[0])) throttled++;
      note(error);
      throw error;
    }
  };
}
