import { escapeControlChars } from './text';

/** A caller that did not say who they are. */
export const UNKNOWN_CALLER = 'unknown';

/** The run in a deployment. */
export const DEPLOYMENT_CALLER = 'deployment';

const MAX_LENGTH = 256;

/**
 * Who invoked a function, as the caller said. It is hostile input that reaches logs, messages, terminals and a page: control characters
 * are escaped, and what is longer than 256 characters is cut.
 */
export function callerOf(said: string | undefined): string {
  const text = (said ?? '').slice(0, MAX_LENGTH).trim();
  if (text === '') return UNKNOWN_CALLER;
  return escapeControlChars(text).slice(0, MAX_LENGTH);
}
