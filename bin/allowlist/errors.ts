import { AllowlistError, messageOf } from '../../lambda/shared/errors';
import { wordAwsError } from './aws-errors';

/** Thrown when a command can't do what it is asked for. */
export class CommandError extends AllowlistError {
  override readonly name = 'CommandError';
}

/** An error in one message, without a stack trace. What nobody foresaw keeps its trace: it is ours to mend. */
export function wordError(error: unknown): string {
  const worded = wordAwsError(error);
  if (worded !== undefined) return worded;
  return error instanceof AllowlistError || !(error instanceof Error)
    ? messageOf(error)
    : (error.stack ?? error.message);
}
