import { Deadline } from '../../lambda/receiver/deadline';

const END = 10_000;

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

/** A call that answers after some time, and the signals that it was given. */
function callAfter(milliseconds: number) {
  const signals: AbortSignal[] = [];
  const send = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<number>((resolve) => setTimeout(() => resolve(signals.length), milliseconds));
  };
  return { signals, send };
}

describe('the time that is left', () => {
  it('decreases to zero, and is never negative', () => {
    const deadline = Deadline.after(END);
    expect(deadline.remainingMs()).toBe(10_000);
    jest.setSystemTime(8000);
    expect(deadline.remainingMs()).toBe(2000);
    jest.setSystemTime(12_000);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('is shorter by a reserve for the steps after a call', () => {
    const deadline = Deadline.after(END).before(3000);
    expect(deadline.remainingMs()).toBe(7000);
    jest.setSystemTime(8000);
    expect(deadline.remainingMs()).toBe(0);
  });

  it('is halved at the time when half of it is asked for', () => {
    jest.setSystemTime(4000);
    expect(new Deadline(END).halfway().endsAt).toBe(7000);
  });
});

describe.each(['call', 'hedgedCall'] as const)('%s', (method) => {
  it('may take all the time that is left', async () => {
    const answer = new Deadline(END)[method](callAfter(9999).send);
    await jest.advanceTimersByTimeAsync(9999);
    expect(await answer).toBeGreaterThan(0);
  });

  it('is aborted at the deadline', async () => {
    const { signals, send } = callAfter(60_000);
    const failure = new Deadline(END)[method](send).catch((error) => error.message);
    await jest.advanceTimersByTimeAsync(9999);
    expect(signals.every(({ aborted }) => !aborted)).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect(await failure).toBe('No answer within 10000 ms');
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  it('is not made after the deadline', async () => {
    const { signals, send } = callAfter(0);
    jest.setSystemTime(END);
    await expect(new Deadline(END)[method](send)).rejects.toThrow('No answer within 0 ms');
    expect(signals).toEqual([]);
  });

  it('fails as soon as the call does, and leaves no timer behind', async () => {
    const send = () => Promise.reject(new Error('denied'));
    await expect(new Deadline(END)[method](send)).rejects.toThrow('denied');
    expect(jest.getTimerCount()).toBe(0);
  });
});

test('a call is made once, however long it takes', async () => {
  const { signals, send } = callAfter(9000);
  const answer = new Deadline(END).call(send);
  await jest.advanceTimersByTimeAsync(9000);
  expect(await answer).toBe(1);
  expect(signals).toHaveLength(1);
});

describe('a hedged call', () => {
  /** Two attempts that take these times. */
  function attempts(...milliseconds: [number, number]) {
    const calls = milliseconds.map(callAfter);
    const made: AbortSignal[] = [];
    const send = async (signal: AbortSignal) => {
      const call = calls[made.push(signal) - 1];
      return call?.send(signal).then(() => milliseconds[calls.indexOf(call)]);
    };
    return { made, send };
  }

  it('is made once if it is answered in half of its time', async () => {
    const { made, send } = attempts(4999, 1);
    const answer = new Deadline(END).hedgedCall(send);
    await jest.advanceTimersByTimeAsync(END);
    expect(await answer).toBe(4999);
    expect(made).toHaveLength(1);
  });

  it('is made again after half of its time, and the second attempt counts if it is answered first', async () => {
    const { made, send } = attempts(60_000, 100);
    const answer = new Deadline(END).hedgedCall(send);
    await jest.advanceTimersByTimeAsync(5000);
    expect(made).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(100);
    expect(await answer).toBe(100);
    expect(made[0]?.aborted).toBe(true);
  });

  it('still takes the answer to the first attempt if that is only slow', async () => {
    const answer = new Deadline(END).hedgedCall(attempts(7000, 60_000).send);
    await jest.advanceTimersByTimeAsync(7000);
    expect(await answer).toBe(7000);
  });
});

describe('wait', () => {
  const call = (milliseconds: number) => callAfter(milliseconds).send(new AbortController().signal);

  it('returns an answer that comes before the deadline, and leaves no timer behind', async () => {
    const answer = new Deadline(END).wait(call(9999));
    await jest.advanceTimersByTimeAsync(9999);
    expect(await answer).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('returns `late` at the deadline, while the call continues', async () => {
    const slow = call(12_000);
    const answer = new Deadline(END).wait(slow);
    await jest.advanceTimersByTimeAsync(END);
    expect(await answer).toBe('late');
    await jest.advanceTimersByTimeAsync(2000);
    expect(await slow).toBe(1);
  });
});
