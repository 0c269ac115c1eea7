/** `1 range`, `2 ranges` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * Writes control and formatting characters as their code, such as `\u{202e}`. A feed is hostile input: its text must neither
 * drive a terminal nor turn the direction of the text around it, and an operator must approve the address that they read.
 */
export function escapeControlChars(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Parses JSON and escapes the control characters of every text in it. @throws SyntaxError */
export function parseEscaped(json: string): unknown {
  return JSON.parse(json, (_key, value) => (typeof value === 'string' ? escapeControlChars(value) : value));
}
