import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `header` is the signature that Intercom makes of a body: `sha1=` and 40 lower-case hex digits, the HMAC-SHA1 of
 * the raw bytes under the app's client secret (developers.intercom.com, "Setting up webhooks"). Compares in constant time.
 */
export function isSigned(body: Buffer, header: string | undefined, secret: string): boolean {
  if (header === undefined || !/^sha1=[0-9a-f]{40}$/.test(header)) return false;
  const expected = createHmac('sha1', secret).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(header.slice('sha1='.length), 'hex'));
}
