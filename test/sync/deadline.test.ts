import { DeadlineError, deadlineBy, NO_DEADLINE } from '../../lambda/sync/deadline';

const never = new Promise<never>(() => undefined);

describe('before the deadline', () => {
  it('work returns its result or throws its error', async () => {
    const deadline = deadlineBy(new AbortController().signal);
    await expect(deadline.race(Promise.resolve(7))).resolves.toBe(7);
    await expect(deadline.race(Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  it('calls are made unchanged', async () => {
    const call = deadlineBy(new AbortController().signal).guard(async (given: number) => given + 1);
    await expect(call(1)).resolves.toBe(2);
  });
});

describe('once the deadline has passed', () => {
  it('unfinished and new work fails with DeadlineError', async () => {
    const controller = new AbortController();
    const deadline = deadlineBy(controller.signal);
    const unfinished = deadline.race(never);
    controller.abort();
    await expect(unfinished).rejects.toThrow(DeadlineError);
    await expect(deadline.race(never)).rejects.toThrow(/not finished when the run had to end.*The next run continues/);
  });

  it('no further call is made', async () => {
    const controller = new AbortController();
    const called: number[] = [];
    const call = deadlineBy(controller.signal).guard(async (given: number) => called.push(given));
    await call(1);
    controller.abort();
    await expect(call(2)).rejects.toThrow(DeadlineError);
    expect(called).toEqual([1]);
  });
});

it('NO_DEADLINE delays and blocks nothing', async () => {
  await expect(NO_DEADLINE.race(Promise.resolve(7))).resolves.toBe(7);
  await expect(NO_DEADLINE.guard(async () => 8)(undefined)).resolves.toBe(8);
});
