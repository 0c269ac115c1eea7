/** Thrown when AWS has not answered a call by its deadline. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(withinMs: number) {
    super(`No answer within ${Math.round(withinMs)} ms`);
  }
}

/** Makes a call. The signal aborts it once its answer is no longer needed. */
export type Send<Answer> = (abortSignal: AbortSignal) => Promise<Answer>;

/**
 * When a request must be answered. No call has its own time limit: each may take all the time left, or all but what the
 * steps after it need.
 */
export class Deadline {
  /** @param endsAt Unix milliseconds */
  constructor(readonly endsAt: number) {}

  static after(milliseconds: number): Deadline {
    return new Deadline(Date.now() + milliseconds);
  }

  /** An earlier deadline, which leaves time for the steps after it. */
  before(reserveMs: number): Deadline {
    return new Deadline(this.endsAt - reserveMs);
  }

  /** An earlier deadline, which leaves half of the time for the steps after it. */
  halfway(): Deadline {
    return this.before(this.remainingMs() / 2);
  }

  /** Never negative. */
  remainingMs(): number {
    return Math.max(0, this.endsAt - Date.now());
  }

  /** @throws NoAnswerError */
  async call<Answer>(send: Send<Answer>): Promise<Answer> {
    return this.#race([send]);
  }

  /**
   * Makes the call again, on a new connection, when half of its time has passed without an answer, and takes the first of the two
   * answers: the first request may hang on a connection that died while Lambda had frozen the process. Only for calls that may
   * take effect twice.
   *
   * @throws NoAnswerError
   */
  async hedgedCall<Answer>(send: Send<Answer>): Promise<Answer> {
    return this.#race([send, send]);
  }

  /** Waits for the answer to a call, which continues if it is late. */
  async wait<Answer>(answer: Promise<Answer>): Promise<Answer | 'late'> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.remainingMs());
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  /** The sends start one after another, spread evenly over the time. */
  async #race<Answer>(sends: readonly Send<Answer>[]): Promise<Answer> {
    const withinMs = this.remainingMs();
    if (withinMs === 0) throw new NoAnswerError(0);
    const over = new AbortController();
    const timers: NodeJS.Timeout[] = [];
    try {
      return await new Promise<Answer>((resolve, reject) => {
        const [first, ...later] = sends.map((send) => () => void send(over.signal).then(resolve, reject));
        timers.push(setTimeout(() => reject(new NoAnswerError(withinMs)), withinMs));
        timers.push(...later.map((send, index) => setTimeout(send, ((index + 1) * withinMs) / sends.length)));
        first?.();
      });
    } finally {
      timers.forEach(clearTimeout);
      // Without a reason Node builds an exception with a stack trace, for each call.
      over.abort('The call is over');
    }
  }
}
