import { AllowlistError, messageOf } from '../../shared/errors';

/** Thrown when the state table can't be read or written. */
export class StateUnavailableError extends AllowlistError {
  override readonly name = 'StateUnavailableError';

  constructor(doing: string, table: string, cause: unknown) {
    super(
      `Could not ${doing} state table ${table}: ${cause instanceof Error ? cause.name : 'Error'}: ${messageOf(cause)}. The lists ` +
        'in force stay in force; ranges published since may be missing. Invoke the sync again; if it fails again, deploy the stack again',
      { cause },
    );
  }
}
