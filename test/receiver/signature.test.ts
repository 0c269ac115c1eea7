import crypto, { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { signatureOf } from '../../bin/allowlist/intercom';
import { type ClientSecret, matchesOf, signaturesIn } from '../../lambda/receiver/signature';
import { bodySignatureOf } from './builders';

const SECRET = 'client-secret';
const BODY = Buffer.from('{"type":"notification_event","topic":"ping","id":null}');
/** Of BODY under SECRET, computed elsewhere. */
const DIGEST = 'c28164be0cb6565ed47c14a77473f02524e85909';
const HEADER = `sha1=${DIGEST}`;

const bytes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

const secretsOf = (...values: string[]) =>
  values.map((value, index): ClientSecret => ({ value, version: 'current', line: index + 1 }));

/** Verifies as the receiver does: first the form of the header, then its digest. */
function accepts(body: Buffer, hub: string | undefined, secret: string): boolean {
  return matchesOf(body, signaturesIn({ hub, body: undefined }), secretsOf(secret)).length > 0;
}

describe('an X-Hub-Signature', () => {
  test.each<[string, Buffer, string, string]>([
    ['RFC 2202, 1', Buffer.from('Hi There'), '\x0b'.repeat(20), 'b617318655057264e28bc0b6fb378c8ef146be00'],
    ['RFC 2202, 2', Buffer.from('what do ya want for nothing?'), 'Jefe', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'],
    [
      'RFC 2202, 4: a body that is not UTF-8',
      Buffer.alloc(50, 0xcd),
      String.fromCharCode(...bytes(1, 25)),
      '4c9007f4026250c6bc8414f9bf50c86c2d7235da',
    ],
    ['RFC 2202, 5', Buffer.from('Test With Truncation'), '\x0c'.repeat(20), '4c1a03424b55e07fe7f27be1d58bb9324a9a5a04'],
    ['an empty body', Buffer.alloc(0), 'key', 'f42bb0eeb018ebbd4597ae7213711ec60760843f'],
    ['a notification', BODY, SECRET, DIGEST],
    [
      'a body with a line break at its end, which counts',
      Buffer.concat([BODY, Buffer.from('\n')]),
      SECRET,
      'f2cd7d1b2674022b2bde40dfa11ae58a7d3991fa',
    ],
    [
      'bytes that are not text',
      Buffer.from([0xff, 0xfe, 0x00, 0x80]),
      SECRET,
      '397d9fdffdf79f706d003400286d86226b872668',
    ],
    ['body and secret in UTF-8', Buffer.from('grüße ✓'), 'schlüssel', '36e80c473f455385b448cad04f4d07e395813e33'],
    ['a secret longer than a block', Buffer.from('x'), 'k'.repeat(80), 'fe27386664b46849e7ba6899ae428c1d408ff40e'],
  ])('of %s is accepted', (_vector, body, secret, digest) => {
    expect(accepts(body, `sha1=${digest}`, secret)).toBe(true);
  });

  test.each<[string, string | undefined]>([
    ['no header', undefined],
    ['an empty header', ''],
    ['the scheme alone', 'sha1='],
    ['the digest alone', DIGEST],
    ['an upper-case digest', `sha1=${DIGEST.toUpperCase()}`],
    ['an upper-case scheme', `SHA1=${DIGEST}`],
    ['sha256 as the scheme', `sha256=${DIGEST}`],
    ['a digest of sha256', `sha256=${createHmac('sha256', SECRET).update(BODY).digest('hex')}`],
    ['a digest in base64', `sha1=${createHmac('sha1', SECRET).update(BODY).digest('base64')}`],
    ['a leading space', ` ${HEADER}`],
    ['a trailing space', `${HEADER} `],
    ['a trailing line break', `${HEADER}\n`],
    ['a line before', `x\n${HEADER}`],
    ['space after the scheme', `sha1= ${DIGEST}`],
    ['a digit too few', HEADER.slice(0, -1)],
    ['a digit too many', `${HEADER}0`],
    ['a byte too few', HEADER.slice(0, -2)],
    ['a byte too many', `${HEADER}00`],
    ['a digit that is not hexadecimal', `${HEADER.slice(0, -1)}g`],
    ['two signatures', `${HEADER},${HEADER}`],
    ['zeros', `sha1=${'0'.repeat(40)}`],
  ])('is rejected in the form of %s', (_header, header) => {
    expect(accepts(BODY, header, SECRET)).toBe(false);
  });

  it.each([
    ['another secret', 'client-secres'],
    ['an empty secret', ''],
    ['the secret with a line break', `${SECRET}\n`],
    ['the secret in upper case', SECRET.toUpperCase()],
  ])('under %s is rejected', (_secret, secret) => {
    expect(accepts(BODY, HEADER, secret)).toBe(false);
  });

  it('of the same text in other bytes is rejected', () => {
    expect(accepts(Buffer.from(` ${BODY}`), HEADER, SECRET)).toBe(false);
    expect(accepts(Buffer.from(BODY.toString(), 'utf16le'), HEADER, SECRET)).toBe(false);
  });

  const anyBody = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((body) => Buffer.from(body));
  const signed = anyBody.map((body) => ({
    body,
    header: `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`,
  }));

  it('is rejected for a body with any one byte changed', () => {
    fc.assert(
      fc.property(signed, fc.nat(), fc.integer({ min: 1, max: 255 }), ({ body, header }, at, change) => {
        expect(accepts(body, header, SECRET)).toBe(true);
        const changed = Buffer.from(body);
        const index = at % changed.length;
        changed[index] = (changed[index] ?? 0) ^ change;
        expect(accepts(changed, header, SECRET)).toBe(false);
      }),
    );
  });

  it('is rejected with any one byte of its header changed, removed or inserted', () => {
    const anyByte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
    fc.assert(
      fc.property(signed, fc.nat(44), anyByte, fc.constantFrom(0, 1), ({ body, header }, at, byte, replaced) => {
        fc.pre(header[at] !== byte || replaced === 0);
        expect(accepts(body, header.slice(0, at) + byte + header.slice(at + replaced), SECRET)).toBe(false);
        expect(accepts(body, header.slice(0, at) + header.slice(at + 1), SECRET)).toBe(false);
      }),
    );
  });

  it('is rejected for a body with a byte cut off', () => {
    fc.assert(
      fc.property(signed, ({ body, header }) => {
        expect(accepts(body.subarray(1), header, SECRET)).toBe(false);
        expect(accepts(body.subarray(0, -1), header, SECRET)).toBe(false);
      }),
    );
  });
});

describe('an X-Body-Signature', () => {
  /** Of BODY under SECRET, computed elsewhere. */
  const SHA256 = '791019424cad3b11fa01d10685183bc87bd01f77b4befb31a7f0f749c312bdb6';
  const acceptsBody = (header: string | undefined, secret = SECRET) =>
    matchesOf(BODY, signaturesIn({ hub: undefined, body: header }), secretsOf(secret)).length > 0;

  it('of SHA-256 in hex digits is accepted', () => {
    expect(acceptsBody(SHA256)).toBe(true);
  });

  it.each([
    ['no header', undefined],
    ['an empty header', ''],
    ['a digest of SHA-1', DIGEST],
    ['the whole other header', HEADER],
    ['a scheme before the digest', `sha256=${SHA256}`],
    ['an upper-case digest', SHA256.toUpperCase()],
    ['a digest in base64', createHmac('sha256', SECRET).update(BODY).digest('base64')],
    ['a digit too few', SHA256.slice(0, -1)],
    ['a digit too many', `${SHA256}0`],
    ['a trailing line break', `${SHA256}\n`],
    ['a leading space', ` ${SHA256}`],
    ['two signatures', `${SHA256},${SHA256}`],
    ['zeros', '0'.repeat(64)],
  ])('is rejected in the form of %s', (_form, header) => {
    expect(acceptsBody(header)).toBe(false);
  });

  it('is rejected under another secret', () => {
    expect(acceptsBody(SHA256, 'client-secres')).toBe(false);
  });

  it('is rejected in the other header, whose form it does not have', () => {
    expect(accepts(BODY, SHA256, SECRET)).toBe(false);
  });
});

describe('of two signatures and several secrets', () => {
  const secrets = secretsOf('first', 'second', 'third');

  it.each([
    ['sha1', { hub: signatureOf(BODY, 'second'), body: undefined }],
    ['sha1', { hub: signatureOf(BODY, 'second'), body: '0'.repeat(64) }],
    ['sha256', { hub: undefined, body: bodySignatureOf(BODY, 'second') }],
    ['sha256', { hub: `sha1=${'0'.repeat(40)}`, body: bodySignatureOf(BODY, 'second') }],
  ])('one valid one is enough, and its secret is known by its line: %s in %j', (algorithm, headers) => {
    expect(matchesOf(BODY, signaturesIn(headers), secrets)).toEqual([{ algorithm, version: 'current', line: 2 }]);
  });

  it('each is compared with every secret, whichever matches first', () => {
    const compared = jest.spyOn(crypto, 'timingSafeEqual');
    const headers = { hub: signatureOf(BODY, 'first'), body: bodySignatureOf(BODY, 'first') };
    expect(matchesOf(BODY, signaturesIn(headers), secrets)).toHaveLength(2);
    expect(compared).toHaveBeenCalledTimes(2 * secrets.length);
    compared.mockRestore();
  });
});
