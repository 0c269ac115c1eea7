/** `placeholder`: what the stack generates. `unusable`: any other text without a client secret, such as JSON or a comment. */
export type SecretState = 'set' | 'empty' | 'placeholder' | 'unusable';

/** A line of the stored text that is a client secret. */
export interface SecretLine {
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** What the stored text holds. */
export interface StoredSecret {
  readonly state: SecretState;
  /** The client secrets, one per Intercom app. */
  readonly secrets: readonly SecretLine[];
  /** The lines that are neither empty nor client secrets. Counted from 1. */
  readonly ignoredLines: readonly number[];
}

/**
 * Intercom does not document the form of a client secret. Those that the Developer Hub shows are UUIDs. This form is wider: at least
 * six characters of those that HTTP credentials are made of (token68 in RFC 9110), the first a letter or a digit. It must not match
 * what people write around secrets, such as a comment, a heading, a rule or JSON: anyone could guess such a text and sign with it.
 */
const FORM = /^[A-Za-z0-9][\w.~+/-]{5,}={0,2}$/;

/** `FORM` in words, for messages. */
export const CLIENT_SECRET_FORM = 'at least six letters, digits or -._~+/, beginning with a letter or a digit';

/** Parses the text of the secret: one client secret per line. White space around a line does not belong to it. */
export function parseClientSecrets(text: string): StoredSecret {
  const lines = text
    .split('\n')
    .map((line, index) => ({ value: line.trim(), line: index + 1 }))
    .filter(({ value }) => value !== '');
  const secrets = lines.filter(({ value }) => FORM.test(value));
  const ignoredLines = lines.filter(({ value }) => !FORM.test(value)).map(({ line }) => line);
  return { state: stateOf(text.trim(), secrets), secrets, ignoredLines };
}

function stateOf(text: string, secrets: readonly SecretLine[]): SecretState {
  if (secrets.length > 0) return 'set';
  if (text === '') return 'empty';
  return /^\{[^{]*"placeholder"/.test(text) ? 'placeholder' : 'unusable';
}
