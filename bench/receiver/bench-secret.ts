/** What the measured notifications are signed with, and the stub hands out. */
export const BENCH_SECRET = 'the-client-secret-of-the-bench';
