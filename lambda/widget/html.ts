import { escapeControlChars } from '../shared/text';

/** Safe HTML. Only `html` and `json` create it, and both escape every value. */
class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type { Html };

/** `undefined` shows nothing. */
export type Content = string | number | Html | readonly Html[] | undefined;

/** Every value is escaped, as text and as a quoted attribute alike, unless it is HTML already. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.map((text, i) => text + textOf(values[i])).join(''));
}

/**
 * JSON as the content of an element. Characters that could end the element have JSON escapes and quotes stay as they are, so the
 * parameters of a `cwdb-action` are the same before and after the HTML is parsed.
 */
export function json(value: object): Html {
  return new Html(JSON.stringify(value).replaceAll(/[<>&]/g, (character) => `\\u00${codeOf(character)}`));
}

/** Its size in the answer of a function, which is a JSON string. */
export function bytesOf(content: Html): number {
  return Buffer.byteLength(JSON.stringify(content.toString()));
}

function textOf(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Html) return value.toString();
  return Array.isArray(value) ? value.map(textOf).join('') : escaped(String(value));
}

function escaped(text: string): string {
  return escapeControlChars(text.replaceAll(/[\t\n\r]+/g, ' ')).replaceAll(
    /[&<>"'`]/g,
    (character) => `&#x${codeOf(character)};`,
  );
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}
