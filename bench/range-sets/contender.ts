import type { Input } from './input';

/** What is compared: from lists of texts to lists of texts. */
export interface Contender {
  /** @param lap called after each step, with its name */
  run(input: Input, lap: (step: string) => void): Output;
}

/** Texts of ranges, in any order. */
export interface Output {
  readonly merged: readonly string[];
  readonly left: readonly string[];
}

/** What a process that measures sends. Times in milliseconds, memory in MiB. */
export interface Measured {
  /** `all` of it, `cpu` of all threads together, and each step by its name. */
  readonly times: Readonly<Record<string, number>>;
  /** The most that the process had. */
  readonly memory: number;
}
