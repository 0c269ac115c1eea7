import type { TerminalOptions } from './terminal';

/** How a command ends. The first of 1, 4, 3 and 2 that applies. */
export const ExitCode = {
  fine: 0,
  /** It could not be done. */
  error: 1,
  /** A plan has changes. */
  changes: 2,
  /** Something awaits approval, or is blocked. */
  awaitingApproval: 3,
  /** Something is exposed, or a guard has a problem. */
  open: 4,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What a command found. */
export interface Result {
  /** For `--json`. */
  readonly data: unknown;
  /** For people. */
  readonly text: (terminal: TerminalOptions) => string;
  /** @default fine */
  readonly exitCode?: ExitCode;
  /** What went wrong although there is something to show; goes to standard error. */
  readonly problem?: string;
}

/** Parts of a text, an empty line between them; those that have nothing to say are left out. */
export function paragraphs(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join('\n\n');
}
