import pThrottle from 'p-throttle';
import { TARGET_KINDS, type TargetKind } from '../shared/targets';
import type { Deadline } from './deadline';
import { KINDS } from './targets/kinds';

/** Waits for the turn of a target of this kind. Each kind has its own limiter: one that waits for WAF does not delay another. */
export type Acquire = (kind: TargetKind) => Promise<void>;

/**
 * Keeps a run within the request rates of the account in a Region: above them AWS throttles it, and others in the account.
 *
 * @param intervalMs length of a second. @default 1100 ms, because calls arrive closer together or further apart than they were sent
 */
export function createRateLimiter(operation: 'reads' | 'writes', { signal }: Deadline, intervalMs = 1100): Acquire {
  const gate = (limit: number) =>
    pThrottle({ limit, interval: intervalMs, strict: true, signal })(async () => undefined);
  const limiters = new Map(TARGET_KINDS.map((kind) => [kind, gate(KINDS[kind].perSecond[operation])]));
  return async (kind) => limiters.get(kind)?.();
}
