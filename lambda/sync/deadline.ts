import { setMaxListeners } from 'node:events';
import { AllowlistError } from '../shared/errors';

/** Thrown by work that was not finished when the run had to end. */
export class DeadlineError extends AllowlistError {
  override readonly name = 'DeadlineError';

  constructor() {
    super(
      'It was not finished when the run had to end, shortly before the timeout of the function. Its current entries stay in ' +
        'force; newly published ranges may be missing. The next run continues. If this persists, check for throttling, or for ' +
        'more targets than one function can serve',
    );
  }
}

/** When a run must end, so that it can still report. */
export interface RunDeadline {
  /** Aborted when the deadline has passed. */
  readonly signal: AbortSignal;
  /** @throws DeadlineError as soon as the deadline has passed */
  race<T>(work: Promise<T>): Promise<T>;
  /**
   * SDK middleware that prevents calls after the deadline: Lambda freezes unfinished work, and the next invocation must not resume a
   * write that was planned from outdated reads.
   */
  guard<A, R>(next: (args: A) => Promise<R>): (args: A) => Promise<R>;
}

export const NO_DEADLINE: RunDeadline = {
  signal: new AbortController().signal,
  race: (work) => work,
  guard: (next) => next,
};

export function deadlineBy(signal: AbortSignal): RunDeadline {
  // Every target in progress adds a listener.
  setMaxListeners(0, signal);
  return {
    signal,
    race: (work) =>
      new Promise((resolve, reject) => {
        const end = () => reject(new DeadlineError());
        if (signal.aborted) end();
        signal.addEventListener('abort', end, { once: true });
        work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end));
      }),
    guard: (next) => async (args) => {
      if (signal.aborted) throw new DeadlineError();
      return next(args);
    },
  };
}
