/**
 * How every AWS client of the sync calls: what is throttled through all tries counts as failed until the next run, and a
 * connection that hangs holds up nothing for long.
 */
export const AWS_CLIENT = {
  maxAttempts: 6,
  retryMode: 'adaptive',
  requestHandler: { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true },
} as const;
