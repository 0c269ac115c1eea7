/**
 * The errors that reach an operator. Every message says what happened, what it means for traffic, and what to do next.
 */
export abstract class AllowlistError extends Error {
  /** Written out in every class: minified class names say nothing, and Lambda reports this one as the error's type. */
  abstract override readonly name: string;
}

/** A context key, environment variable or payload holds a value that is not allowed. Thrown before anything is read or written. */
export class InvalidConfigError extends AllowlistError {
  override readonly name = 'InvalidConfigError';

  constructor(key: string, value: unknown, allowed: string) {
    super(`${key}: ${JSON.stringify(value)} is not allowed. Allowed: ${allowed}.`);
  }
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The text of an error that AWS answered, with its code: documentation and searches go by the code. */
export function messageWithCode(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
