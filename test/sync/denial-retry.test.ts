import { retryDenials } from '../../lambda/sync/denial-retry';

/** A call that fails with each of these errors in turn before it succeeds. */
function callFailing(...names: string[]) {
  const call = jest.fn(async (_args: unknown) => {
    const name = names.shift();
    if (name !== undefined) throw Object.assign(new Error(name), { name });
    return 'answer';
  });
  return call;
}

const retry = (call: (args: unknown) => Promise<string>) => retryDenials({ retries: 2, delayMs: 1 })(call)({});

describe('retryDenials', () => {
  it.each(['AccessDeniedException', 'AccessDenied', 'UnauthorizedOperation'])(
    'retries a call that IAM denied with %s',
    async (name) => {
      const call = callFailing(name, name);
      await expect(retry(call)).resolves.toBe('answer');
      expect(call).toHaveBeenCalledTimes(3);
    },
  );

  it('rethrows the denial after the last retry', async () => {
    const call = callFailing(...Array.from({ length: 5 }, () => 'UnauthorizedOperation'));
    await expect(retry(call)).rejects.toThrow('UnauthorizedOperation');
    expect(call).toHaveBeenCalledTimes(3);
  });

  it('rethrows any other error without a retry', async () => {
    const call = callFailing('WAFNonexistentItemException');
    await expect(retry(call)).rejects.toThrow('WAFNonexistentItemException');
    expect(call).toHaveBeenCalledTimes(1);
  });
});
