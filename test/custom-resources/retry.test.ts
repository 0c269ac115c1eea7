import { OperationTimeoutError, type RetryOptions, retry, retryOptionsFor } from '../../lambda/custom-resources/retry';

const MINUTE = 60_000;

function failure(name: string, fields: object = {}): Error {
  return Object.assign(new Error(`injected ${name}`), { name, ...fields });
}

/** An operation that fails with each of these errors in turn, and then succeeds. */
function failing(...errors: readonly Error[]) {
  const left = [...errors];
  const run = jest.fn(async () => {
    const error = left.shift();
    if (error) throw error;
    return 'done';
  });
  return { name: 'do it', run };
}

const quick: RetryOptions = { backoffMs: 0 };

describe('an operation of a custom resource is repeated', () => {
  it.each([
    'WAFOptimisticLockException',
    'WAFUnavailableEntityException',
    'WAFInternalErrorException',
    'WAFTagOperationException',
    'ThrottlingException',
    'RequestLimitExceeded',
    'IncorrectState',
    'PrefixListVersionMismatch',
    'ConcurrentMutationLimitExceeded',
    'ConcurrentTagAccess',
    'InternalError',
    'TimeoutError',
  ])('after %s', async (name) => {
    const operation = failing(failure(name), failure(name), failure(name), failure(name), failure(name));
    expect(await retry(operation, quick)).toBe('done');
    expect(operation.run).toHaveBeenCalledTimes(6);
  });

  it('after every error on the side of AWS', async () => {
    expect(await retry(failing(failure('NeverHeardOf', { $metadata: { httpStatusCode: 500 } })), quick)).toBe('done');
  });

  it('after errors that pass only for this operation', async () => {
    const operation = { ...failing(failure('NotThereYet')), notYet: /^NotThereYet$/ };
    expect(await retry(operation, quick)).toBe('done');
  });

  it('after denials until IAM knows the new role, at most ten times', async () => {
    const denials = (count: number) => Array.from({ length: count }, () => failure('UnauthorizedOperation'));
    expect(await retry(failing(...denials(10)), quick)).toBe('done');
    const denied = failing(...denials(100));
    await expect(retry(denied, quick)).rejects.toThrow('injected UnauthorizedOperation');
    expect(denied.run).toHaveBeenCalledTimes(11);
  });
});

it.each(['WAFLimitsExceededException', 'WAFInvalidParameterException', 'InvalidParameterValue'])(
  'an operation that fails with %s is not repeated',
  async (name) => {
    const operation = failing(failure(name));
    await expect(retry(operation, quick)).rejects.toThrow(`injected ${name}`);
    expect(operation.run).toHaveBeenCalledTimes(1);
  },
);

describe('the time of a custom resource', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is enough for a web ACL that WAF releases after ten minutes', async () => {
    const released = Date.now() + 10 * MINUTE;
    const run = async () => {
      if (Date.now() < released) throw failure('WAFAssociatedItemException');
      return 'deleted';
    };
    const { signal, abort } = deadline(12 * MINUTE);
    const result = retry({ name: 'delete it', run, notYet: /^WAFAssociatedItemException$/ }, { signal });
    await jest.advanceTimersByTimeAsync(11 * MINUTE);
    expect(await result).toBe('deleted');
    abort();
  });

  it('ends with an error that has the last answer, the effect on traffic and the next step', async () => {
    const run = async () => {
      throw failure('WAFAssociatedItemException');
    };
    const { signal } = deadline(12 * MINUTE);
    const operation = { name: 'delete IP set x', run, notYet: /^WAFAssociatedItemException$/, next: 'Remove the set' };
    const result = expect(retry(operation, { signal })).rejects.toEqual(
      new OperationTimeoutError(operation, failure('WAFAssociatedItemException')),
    );
    // One wait of 20 seconds may have begun before the end.
    await jest.advanceTimersByTimeAsync(12 * MINUTE + 20_000);
    await result;
  });

  it('keeps a result that arrives after its end, so that no resource is orphaned', async () => {
    const { signal, abort } = deadline(MINUTE);
    const run = async () => {
      abort();
      return 'created';
    };
    expect(await retry({ name: 'create it', run }, { signal })).toBe('created');
  });

  function deadline(ms: number) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), ms);
    return { signal: controller.signal, abort: () => controller.abort() };
  }
});

it('an invocation keeps two minutes for the last attempt, the cleanup and the answer', () => {
  const timeout = jest.spyOn(AbortSignal, 'timeout');
  retryOptionsFor({ getRemainingTimeInMillis: () => 14 * MINUTE });
  expect(timeout).toHaveBeenCalledWith(12 * MINUTE);
});
