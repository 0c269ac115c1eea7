import type { TerminalOptions } from './terminal';

/** How a command ends. The first of 1, 4, 3 and 2 that applies. */
export const ExitCode = {
  success: 0,
  /** The command failed. */
  error: 1,
  /** A plan has changes. */
  changes: 2,
  /** Something awaits approval, or is blocked. */
  awaitingApproval: 3,
  /** Something is exposed, or a guard has a problem. */
  open: 4,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The result of a command. */
export interface Result {
  /** For `--json`. */
  readonly data: unknown;
  /** The text for a terminal. */
  readonly text: (terminal: TerminalOptions) => string;
  /** @default success */
  readonly exitCode?: ExitCode;
  /** A failure that did not prevent the output. Written to standard error. */
  readonly problem?: string;
}

/** Joins the parts of a text with empty lines. Leaves out empty parts. */
export function paragraphs(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join('\n\n');
}
