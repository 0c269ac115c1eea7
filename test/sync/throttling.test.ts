import { CallCounter } from '../../lambda/sync/targets/target';
import { countThrottling } from '../../lambda/sync/throttling';

const errorOf = (name: string) => Object.assign(new Error(name), { name, $metadata: { attempts: 3 } });

/** Makes one call of these tries, as the SDK does, and counts it. */
async function counted(...tries: (Error | undefined)[]): Promise<CallCounter> {
  const counter = new CallCounter();
  const output = { $metadata: { attempts: tries.length } };
  const left = [...tries];
  const once = countThrottling<undefined, { output: typeof output }>(async () => {
    const error = left.shift();
    if (error) throw error;
    return { output };
  });
  const call = async () => {
    for (let i = 1; i < tries.length; i++) await once(undefined).catch(() => undefined);
    return (await once(undefined)).output;
  };
  await counter.count(call()).catch(() => undefined);
  return counter;
}

describe('countThrottling', () => {
  test.each(['ThrottlingException', 'RequestLimitExceeded', 'TooManyRequestsException'])(
    'counts the tries of a call that fail with %s',
    async (code) => {
      expect(await counted(errorOf(code), errorOf(code), undefined)).toMatchObject({ calls: 3, throttled: 2 });
    },
  );

  it('counts the tries of a call that fails in the end', async () => {
    const error = errorOf('ThrottlingException');
    expect(await counted(error, error, error)).toMatchObject({ calls: 3, throttled: 3 });
  });

  it('does not count other errors', async () => {
    expect(await counted(errorOf('WAFOptimisticLockException'))).toMatchObject({ calls: 3, throttled: 0 });
    expect(await counted(errorOf('InternalError'), undefined)).toMatchObject({ calls: 2, throttled: 0 });
  });

  it('passes errors without metadata on', async () => {
    const broken = new Error('socket hang up');
    const once = countThrottling(() => Promise.reject(broken));
    await expect(once(undefined)).rejects.toBe(broken);
  });
});
