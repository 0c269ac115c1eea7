import { Deadline } from '../../lambda/receiver/deadline';

const END = 10_000;

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

/** What a promise came to, or `pending`. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise.catch((error) => error.message), Promise.resolve('pending').then((text) => text)]);
}

/** A call that answers after some time, and what was seen of it. */
function callAfter(milliseconds: number) {
  const signals: AbortSignal[] = [];
  const send = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<number>((resolve) => setTimeout(() => resolve(signals.length), milliseconds));
  };
  return { signals, send };
}

it('has less and less left, and never less than nothing', () => {
  const deadline = Deadline.after(END);
  expect([deadline.remainingMs(), deadline.remainingMs(3000)]).toEqual([10_000, 7000]);
  jest.setSystemTime(8000);
  expect([deadline.remainingMs(), deadline.remainingMs(3000)]).toEqual([2000, 0]);
});

describe.each(['call', 'hedgedCall'] as const)('%s', (method) => {
  it('may take all that is left but for the reserve', async () => {
    const answer = new Deadline(END)[method](3000, callAfter(6999).send);
    await jest.advanceTimersByTimeAsync(6999);
    expect(await answer).toBeGreaterThan(0);
  });

  it('takes no more: then it is aborted', async () => {
    const { signals, send } = callAfter(60_000);
    const failure = new Deadline(END)[method](3000, send).catch((error) => error.message);
    await jest.advanceTimersByTimeAsync(6999);
    expect(signals.every(({ aborted }) => !aborted)).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect(await failure).toBe('No answer within 7000 ms');
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  it('is not made when only the reserve is left', async () => {
    const { signals, send } = callAfter(0);
    jest.setSystemTime(8000);
    await expect(new Deadline(END)[method](2000, send)).rejects.toThrow('No answer within 0 ms');
    expect(signals).toEqual([]);
  });

  it('fails as soon as the call does, and leaves no timer behind', async () => {
    const send = () => Promise.reject(new Error('denied'));
    await expect(new Deadline(END)[method](0, send)).rejects.toThrow('denied');
    expect(jest.getTimerCount()).toBe(0);
  });
});

it('a call is made once, however long it takes', async () => {
  const { signals, send } = callAfter(9000);
  const answer = new Deadline(END).call(0, send);
  await jest.advanceTimersByTimeAsync(9000);
  expect(await answer).toBe(1);
  expect(signals).toHaveLength(1);
});

describe('a hedged call', () => {
  it('that answers in half of its time is made once', async () => {
    const { signals, send } = callAfter(4999);
    const answer = new Deadline(END).hedgedCall(0, send);
    await jest.advanceTimersByTimeAsync(END);
    expect(await answer).toBe(1);
    expect(signals).toHaveLength(1);
  });

  it('is made again when half of its time has passed, and the first that answers counts', async () => {
    const sends = [callAfter(60_000), callAfter(100)];
    let made = 0;
    const answer = new Deadline(END).hedgedCall(0, (signal) => sends[made++]?.send(signal) ?? Promise.reject());
    await jest.advanceTimersByTimeAsync(5000);
    expect(made).toBe(2);
    await jest.advanceTimersByTimeAsync(100);
    expect(await answer).toBe(1);
    expect(sends[0]?.signals[0]?.aborted).toBe(true);
    expect(made).toBe(2);
  });

  it('does not cut the first attempt off: one that is only slow still counts', async () => {
    const sends = [callAfter(7000), callAfter(60_000)];
    let made = 0;
    const answer = new Deadline(END).hedgedCall(0, (signal) => sends[made++]?.send(signal) ?? Promise.reject());
    await jest.advanceTimersByTimeAsync(7000);
    expect(await answer).toBe(1);
  });
});

describe('answerBefore', () => {
  it('returns what came in time', async () => {
    const answer = new Deadline(END).answerBefore(4000, callAfter(5999).send(new AbortController().signal));
    await jest.advanceTimersByTimeAsync(5999);
    expect(await answer).toBe(1);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('is late once only the reserve is left, and lets the call go on', async () => {
    const call = callAfter(8000).send(new AbortController().signal);
    const answer = new Deadline(END).answerBefore(4000, call);
    await jest.advanceTimersByTimeAsync(6000);
    expect(await answer).toBe('late');
    expect(await stateOf(call)).toBe('pending');
    await jest.advanceTimersByTimeAsync(2000);
    expect(await call).toBe(1);
  });
});
