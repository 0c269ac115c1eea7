import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { isSigned, signatureIn } from '../../lambda/receiver/signature';

const SECRET = 'client-secret';
const BODY = Buffer.from('{"type":"notification_event","topic":"ping","id":null}');
/** Of BODY under SECRET, computed elsewhere. */
const DIGEST = 'c28164be0cb6565ed47c14a77473f02524e85909';
const HEADER = `sha1=${DIGEST}`;

const bytes = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Verifies as the receiver does: first the form of the header, then its digest. */
function accepts(body: Buffer, header: string | undefined, secret: string): boolean {
  const digest = signatureIn(header);
  return digest !== undefined && isSigned(body, digest, secret);
}

describe('a signature', () => {
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
