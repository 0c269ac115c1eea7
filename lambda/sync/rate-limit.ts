import pThrottle from 'p-throttle';
import type { Deadline } from './deadline';
import { TARGET_KINDS, type TargetKind } from './targets/target';

/** How many targets of a kind may be begun in a second. */
type Rates = Readonly<Record<TargetKind, number>>;

/**
 * What AWS takes of an account in a Region: WAF five reads and one write a second (docs.aws.amazon.com/waf/latest/developerguide/
 * limits.html), EC2 twenty and five beside what its buckets hold (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html).
 * Whoever asks for more is throttled, and takes away what others in the account need. A list takes two calls.
 */
export const READS: Rates = { 'ip-set': 5, 'security-group': 20, 'prefix-list': 10 };
export const WRITES: Rates = { 'ip-set': 1, 'security-group': 5, 'prefix-list': 5 };

/** Waits for the turn of a target of this kind. Each kind has a lane of its own: one that waits for WAF holds up no other. */
export type Acquire = (kind: TargetKind) => Promise<void>;

/** @param secondMs how long a second is. @default 1100 ms, for calls arrive a little closer together or further apart than they were sent */
export function createRateLimiter(rates: Rates, { signal }: Deadline, intervalMs = 1100): Acquire {
  const gate = (limit: number) =>
    pThrottle({ limit, interval: intervalMs, strict: true, signal })(async () => undefined);
  const limiters = new Map(TARGET_KINDS.map((kind) => [kind, gate(rates[kind])]));
  return async (kind) => limiters.get(kind)?.();
}
