import { AllowlistError, messageOf } from '../../lambda/shared/errors';
import { formatAwsError } from './aws-errors';

/** Thrown when a command can't do what it is asked for. */
export class CommandError extends AllowlistError {
  override readonly name = 'CommandError';
}

/** An error in one message, without a stack trace. What nobody foresaw keeps its trace: it is ours to mend. */
export function formatError(error: unknown): string {
  const formatted = formatAwsError(error);
  if (formatted !== undefined) return formatted;
  return error instanceof AllowlistError || !(error instanceof Error)
    ? messageOf(error)
    : (error.stack ?? error.message);
}
