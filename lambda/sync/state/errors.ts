import { AllowlistError, messageOf } from '../../shared/errors';

/** Thrown when another run wrote the same item since this one read it, which only a run that outlived its lease can do. */
export class StateConflictError extends AllowlistError {
  override readonly name = 'StateConflictError';

  constructor(item: string, options: ErrorOptions) {
    super(
      `State of ${item} was changed by another run. What was done so far stays; nothing more is done. Invoke the sync again`,
      options,
    );
  }
}

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
