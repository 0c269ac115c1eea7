/** How every AWS client of the sync retries: what is throttled through this counts as failed until the next run. */
export const AWS_RETRIES = { maxAttempts: 6, retryMode: 'adaptive' } as const;
