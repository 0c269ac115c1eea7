import fc from 'fast-check';
import { bytesOf, html, json } from '../../lambda/widget/html';
import { HOSTILE } from './samples';

/** Decodes the escapes as a browser does. */
const decode = (text: string) =>
  text.replaceAll(/&#x([0-9a-f]+);/g, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)));
const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...HOSTILE));

describe('html', () => {
  it('inserts numbers, HTML, lists of HTML, and nothing for undefined', () => {
    const list = [html`<li>${1}</li>`, html`<li>${'b'}</li>`];
    expect(html`<ul>${list}</ul>${undefined}${html`<b>${2}</b>`}`.toString()).toBe(
      '<ul><li>1</li><li>b</li></ul><b>2</b>',
    );
  });

  it.each([
    ['<script>', '&#x3c;script&#x3e;'],
    ["\"onload='x'", '&#x22;onload=&#x27;x&#x27;'],
    ['`&amp;', '&#x60;&#x26;amp;'],
    ['a\r\n\tb', 'a b'],
    ['\u202e4.3\u202c', '\\u{202e}4.3\\u{202c}'],
    ['a\u0000b\u200bc\ud800', 'a\\u{0}b\\u{200b}c\\u{d800}'],
    ['Grüße, 世界 🚀 مرحبا', 'Grüße, 世界 🚀 مرحبا'],
  ])('%j becomes %j', (text, escaped) => {
    expect(html`${text}`.toString()).toBe(escaped);
  });

  it('lets no text end an element or an attribute, and keeps all its visible characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const escaped = html`${text}`.toString();
        expect(escaped).not.toMatch(/[<>"'`]|&(?!#x[0-9a-f]+;)|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        const seen = text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, '');
        expect(decode(escaped).replaceAll(/\\u\{[0-9a-f]+\}| /g, '')).toBe(seen.replaceAll(/\\u\{[0-9a-f]+\}| /g, ''));
      }),
    );
  });

  it('escapes a text that looks like the HTML that it makes', () => {
    const disguised = { toString: () => '<b>' } as unknown as string;
    expect(html`${disguised}${'<b>'}`.toString()).not.toContain('<b>');
  });
});

describe('json', () => {
  it('can end no element, and is read back the same before and after the HTML is parsed', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), (value) => {
        const text = html`${json(value)}`.toString();
        expect(text).not.toMatch(/[<>&]/);
        expect({ ...JSON.parse(text) }).toEqual({ ...value });
      }),
    );
  });
});

test('the size of HTML is that of the answer, a JSON string in UTF-8', () => {
  expect(bytesOf(html`<a b="${'ü'}">`)).toBe(Buffer.byteLength('"<a b=\\"ü\\">"'));
});
