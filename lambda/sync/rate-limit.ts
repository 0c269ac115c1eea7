import pThrottle from 'p-throttle';
import { TARGET_KINDS, type TargetKind } from '../shared/targets';
import type { RunDeadline } from './deadline';
import { KINDS } from './targets/kinds';

/** Waits until a target of this kind may be called. Each kind has a limiter, so waiting for WAF does not delay EC2. */
export type Acquire = (kind: TargetKind) => Promise<void>;

/**
 * Keeps a run within the request rates of the account in a Region. Above them, AWS throttles the run and everyone else in the account.
 *
 * @param intervalMs length of a second. @default 1100 ms, because calls can arrive closer together than they were sent
 */
export function createRateLimiter(operation: 'reads' | 'writes', { signal }: RunDeadline, intervalMs = 1100): Acquire {
  const gate = (limit: number) =>
    pThrottle({ limit, interval: intervalMs, strict: true, signal })(async () => undefined);
  const limiters = new Map(TARGET_KINDS.map((kind) => [kind, gate(KINDS[kind].perSecond[operation])]));
  return async (kind) => limiters.get(kind)?.();
}
