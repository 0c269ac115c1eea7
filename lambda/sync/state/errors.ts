import { AllowlistError, messageOf } from '../../shared/errors';

/** Thrown when the state table can't be read or written. */
export class StateUnavailableError extends AllowlistError {
  override readonly name = 'StateUnavailableError';

  constructor(doing: string, table: string, cause: unknown) {
    super(
      `Could not ${doing} state table ${table}: ${cause instanceof Error ? cause.name : 'Error'}: ${messageOf(cause)}. The current ranges ` +
        'stay in force; newly published ranges may be missing. Invoke the sync again; if it fails again, deploy the stack again',
      { cause },
    );
  }
}
