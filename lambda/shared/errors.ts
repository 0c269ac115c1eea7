/**
 * The errors that reach an operator. Every message says what happened, what it means for traffic, and what to do next.
 */
export abstract class AllowlistError extends Error {
  /** Set in every class, because Lambda reports it as the error's type and class names are minified. */
  abstract override readonly name: string;
}

/** A context key, environment variable or payload holds a value that is not allowed. Thrown before anything is read or written. */
export class InvalidConfigError extends AllowlistError {
  override readonly name = 'InvalidConfigError';

  constructor(key: string, value: unknown, allowed: string) {
    super(`${key}: ${JSON.stringify(value)} is not allowed. Allowed: ${allowed}.`);
  }
}

/** The codes by which AWS services deny a call because the credentials lack a permission. */
export const DENIED = /^(AccessDeniedException|AccessDenied|UnauthorizedOperation|NotAuthorized)$/;

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The message of an AWS error with its code, by which it can be looked up. */
export function messageWithCode(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
