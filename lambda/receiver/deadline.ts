/** Thrown when a call to AWS has used up its share of the time for a request. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';

  constructor(withinMs: number) {
    super(`No answer within ${Math.round(withinMs)} ms`);
  }
}

/** Makes a call. The signal aborts it once its answer is no longer needed. */
export type Send<Answer> = (abortSignal: AbortSignal) => Promise<Answer>;

/** When a request must be answered. Every call may take all the time left, less a reserve for the steps after it. */
export class Deadline {
  /** @param endsAt Unix milliseconds */
  constructor(readonly endsAt: number) {}

  static after(milliseconds: number): Deadline {
    return new Deadline(Date.now() + milliseconds);
  }

  /** Milliseconds left apart from the reserve. Never negative. */
  remainingMs(reserveMs = 0): number {
    return Math.max(0, this.endsAt - reserveMs - Date.now());
  }

  /** @throws NoAnswerError once only the reserve is left */
  async call<Answer>(reserveMs: number, send: Send<Answer>): Promise<Answer> {
    return this.#race(reserveMs, [send]);
  }

  /**
   * Makes the call again, on a new connection, when half of its time has passed without an answer, and takes the first of the two
   * answers: the first request may hang on a connection that died while Lambda had frozen the process. Only for calls that may
   * take effect twice.
   *
   * @throws NoAnswerError once only the reserve is left
   */
  async hedgedCall<Answer>(reserveMs: number, send: Send<Answer>): Promise<Answer> {
    return this.#race(reserveMs, [send, send]);
  }

  /** Waits for an answer until only the reserve is left. The call itself continues. @returns `late` if there is no answer by then */
  async answerBefore<Answer>(reserveMs: number, answer: Promise<Answer>): Promise<Answer | 'late'> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), this.remainingMs(reserveMs));
    });
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  /** The sends start one after another, spread evenly over the time. */
  async #race<Answer>(reserveMs: number, sends: readonly Send<Answer>[]): Promise<Answer> {
    const withinMs = this.remainingMs(reserveMs);
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
