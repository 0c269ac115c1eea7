import type { Faults } from '../../test/emulated/fault-proxy';

/** A token bucket: so many calls at once, and so many a second after that. */
interface Rate {
  readonly burst: number;
  readonly perSecond: number;
  /** What AWS answers to a call that finds the bucket empty. */
  readonly code: string;
  readonly status: number;
}

const WAF = { code: 'ThrottlingException', status: 400 };
const EC2 = { code: 'RequestLimitExceeded', status: 503 };

/**
 * What AWS allows an account in a Region, each operation by itself: WAF one write and five reads a second
 * (docs.aws.amazon.com/waf/latest/developerguide/limits.html), EC2 by token buckets
 * (docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html).
 */
function rateOf(call: string): Rate | undefined {
  if (call === 'UpdateIPSet') return { burst: 1, perSecond: 1, ...WAF };
  if (call === 'GetIPSet') return { burst: 5, perSecond: 5, ...WAF };
  if (/^(Authorize|Revoke|Modify)/.test(call)) return { burst: 50, perSecond: 5, ...EC2 };
  if (/^(Describe|GetManaged)/.test(call)) return { burst: 100, perSecond: 20, ...EC2 };
  return undefined;
}

/** Throttles calls as AWS does, and counts what it throttled. */
export class ApiRates {
  readonly throttled: string[] = [];
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  readonly faults: Faults = (call) => {
    const rate = rateOf(call);
    if (!rate || this.#take(call, rate)) return undefined;
    this.throttled.push(call);
    return { code: rate.code, status: rate.status };
  };

  #take(call: string, { burst, perSecond }: Rate): boolean {
    const now = performance.now();
    const bucket = this.#buckets.get(call) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    const isThere = tokens >= 1;
    this.#buckets.set(call, { tokens: isThere ? tokens - 1 : tokens, at: now });
    return isThere;
  }
}

/**
 * The least time, in seconds, in which these calls can be made: each operation waits for its own bucket alone, and what is written
 * was read before.
 */
export function leastSeconds(calls: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const call of calls) counts.set(call, (counts.get(call) ?? 0) + 1);
  const waitOf = ([call, count]: [string, number]) => {
    const rate = rateOf(call);
    return rate ? Math.max(0, count - rate.burst) / rate.perSecond : 0;
  };
  const isRead = ([call]: [string, number]) => /^(Get|Describe)/.test(call);
  const longest = (these: [string, number][]) => Math.max(0, ...these.map(waitOf));
  const all = [...counts];
  return longest(all.filter(isRead)) + longest(all.filter((one) => !isRead(one)));
}
