import type { TerminalOptions } from './terminal';

/** How a command ends. The first of 1, 4, 3 and 2 that applies. */
export const ExitCode = {
  success: 0,
  /** The command or a run failed, or a target could not be read. */
  error: 1,
  /** A plan has changes. */
  changes: 2,
  /** Something awaits approval, or is blocked. */
  awaitingApproval: 3,
  /** Something is exposed, or a guard has a problem. */
  open: 4,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What a command found, of all that decides about its exit code. */
export type ExitReasons = Readonly<Record<Exclude<keyof typeof ExitCode, 'success'>, boolean>>;

const PRECEDENCE = ['error', 'open', 'awaitingApproval', 'changes'] as const;

export function exitCodeOf(findings: ExitReasons): ExitCode {
  const first = PRECEDENCE.find((finding) => findings[finding]);
  return first === undefined ? ExitCode.success : ExitCode[first];
}

/** The result of a command. */
export interface Result {
  /** For `--json`. */
  readonly data: unknown;
  /** The text for a terminal. */
  readonly text: (terminal: TerminalOptions) => string;
  /** @default success */
  readonly exitCode?: ExitCode;
  /** A failure that did not prevent the output. Written to standard error; the exit code is then that of an error. */
  readonly problem?: string;
}

/** Joins the parts of a text with empty lines. Leaves out empty parts. */
export function paragraphs(...parts: readonly (string | undefined)[]): string {
  return parts.filter(Boolean).join('\n\n');
}
