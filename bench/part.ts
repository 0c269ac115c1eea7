/** How a part is run. */
export interface BenchOptions {
  /** A small form of everything, to see in a minute that the bench itself works. Its figures mean nothing. */
  readonly short: boolean;
  /** One line on standard error about what is under way. */
  readonly progress: (text: string) => void;
}

/** Something that is to be reached, and whether it was. */
export interface Reach {
  /** The goal and what was measured, such as "sync over the empty handler at most 60 ms: 36 ms". */
  readonly text: string;
  readonly reached: boolean;
}

export interface PartResult {
  /** Markdown: tables, and what one must know to read them. No heading of the first two levels. */
  readonly text: string;
  /** @default none */
  readonly reaches?: readonly Reach[] | undefined;
}

/** One part of the bench. */
export interface Part {
  /** As it is called on the command line. */
  readonly name: string;
  readonly title: string;
  /** Name of a document in docs/ that it writes whole, for it measures nothing on this machine. @default - a section of benchmarks.md */
  readonly document?: string;
  run(options: BenchOptions): Promise<PartResult>;
}
