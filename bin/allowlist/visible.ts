/**
 * Makes control and formatting characters visible: a feed is hostile input, and what it holds must neither drive the terminal
 * nor turn text around.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}

/** JSON, all texts in it made visible. @throws SyntaxError */
export function parseVisible(json: string): unknown {
  return JSON.parse(json, (_key, value) => (typeof value === 'string' ? visible(value) : value));
}
