import { appendFileSync } from 'node:fs';

/** How much a test file checked, and of which kinds. */
export interface Figure {
  readonly of: string;
  readonly count: number;
  readonly kinds?: readonly string[];
}

/** Adds to a figure that the run prints at its end, over all test files. */
export function addFigure(figure: Figure): void {
  const file = process.env.TEST_FIGURES;
  if (file) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}
