import { deadlineBy, NO_DEADLINE } from '../../lambda/sync/deadline';
import { createRateLimiter } from '../../lambda/sync/rate-limit';

describe('the request rates of an account', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** When each of some targets may be called, in milliseconds from now. */
  async function timesOf(acquire: () => Promise<void>, targets: number): Promise<number[]> {
    const start = Date.now();
    const times: number[] = [];
    for (let i = 0; i < targets; i++) void acquire().then(() => times.push(Date.now() - start));
    await jest.advanceTimersByTimeAsync(60_000);
    return times;
  }

  it('WAF accepts one write per second, with a tenth of a second to spare', async () => {
    const acquire = createRateLimiter('writes', NO_DEADLINE);
    expect(await timesOf(() => acquire('ip-set'), 3)).toEqual([0, 1100, 2200]);
  });

  it('WAF accepts five reads per second', async () => {
    const acquire = createRateLimiter('reads', NO_DEADLINE);
    const times = await timesOf(() => acquire('ip-set'), 20);
    expect(times.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 1100]);
    // Between any call and the fifth after it.
    expect(times.slice(5).filter((time, i) => time - (times[i] ?? 0) < 1100)).toEqual([]);
    expect(times).toHaveLength(20);
  });

  it('waiting for WAF does not delay EC2', async () => {
    const acquire = createRateLimiter('writes', NO_DEADLINE);
    const [ofSets, ofGroup] = await Promise.all([
      timesOf(() => acquire('ip-set'), 5),
      timesOf(() => acquire('security-group'), 1),
    ]);
    expect(ofSets.at(-1)).toBe(4400);
    expect(ofGroup).toEqual([0]);
  });

  it('a target that waits when the run must end is not called', async () => {
    const controller = new AbortController();
    const acquire = createRateLimiter('writes', deadlineBy(controller.signal));
    await acquire('ip-set');
    const second = acquire('ip-set');
    controller.abort();
    await expect(second).rejects.toThrow();
  });
});
