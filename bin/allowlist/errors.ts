import { AllowlistError, messageOf } from '../../lambda/shared/errors';
import { formatAwsError } from './aws-errors';

/** Thrown when a command cannot do its job. */
export class CommandError extends AllowlistError {
  override readonly name = 'CommandError';
}

/** An error in one message, without a stack trace. An unexpected error keeps its trace, because it is a bug of this project. */
export function formatError(error: unknown): string {
  const formatted = formatAwsError(error);
  if (formatted !== undefined) return formatted;
  return error instanceof AllowlistError || !(error instanceof Error)
    ? messageOf(error)
    : (error.stack ?? error.message);
}
