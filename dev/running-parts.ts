/** A part of a local run: a process, a server or a folder. */
export interface RunningPart {
  stop(): Promise<void>;
}

/** The parts of a local run. They stop in the reverse of the order in which they were added. */
export class RunningParts {
  readonly #parts: RunningPart[] = [];
  #stopping: Promise<void> | undefined;

  /** Add a part as soon as it exists, not when it is ready: a signal may come in between. A part that is added during a stop is stopped too. */
  add(part: RunningPart): void {
    this.#parts.push(part);
  }

  /** Every call returns when all parts have stopped. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) await part.stop();
  }
}
