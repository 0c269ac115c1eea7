import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The digest in an `X-Hub-Signature` header, if it has the one form that Intercom sends: `sha1=` and 40 lower-case hex digits
 * (developers.intercom.com, "Setting up webhooks").
 */
export function signatureIn(header: string | undefined): Buffer | undefined {
  if (typeof header !== 'string' || !/^sha1=[0-9a-f]{40}$/.test(header)) return undefined;
  return Buffer.from(header.slice('sha1='.length), 'hex');
}

/** Whether a digest is the HMAC-SHA1 of the raw bytes under the app's client secret. Compares in constant time. */
export function isSigned(body: Buffer, digest: Buffer, secret: string): boolean {
  return timingSafeEqual(createHmac('sha1', secret).update(body).digest(), digest);
}
