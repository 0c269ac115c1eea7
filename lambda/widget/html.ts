import { escapeControlChars } from '../shared/text';

/** HTML as it may be shown. Only `html` and `json` make it, and both escape what is put in: no value gets in raw. */
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

/** Nothing is shown of `undefined`. */
export type Content = string | number | Html | readonly Html[] | undefined;

/** Every value is escaped, as text and as a quoted attribute alike, unless it is HTML already. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.map((text, i) => text + textOf(values[i])).join(''));
}

/**
 * JSON as the content of an element. What could end the element is escaped as JSON has it, so the quotes stay plain: the
 * parameters of a `cwdb-action` are read the same before the HTML is parsed and after.
 */
export function json(value: object): Html {
  return new Html(JSON.stringify(value).replaceAll(/[<>&]/g, (character) => `\\u00${codeOf(character)}`));
}

/** The bytes of it in the answer of a function, where it is a JSON string. */
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
