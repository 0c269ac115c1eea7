import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SecretLine } from '../shared/client-secret';

/** The headers of a request that may hold a signature. */
export interface SignatureHeaders {
  /** `X-Hub-Signature`, which webhooks carry: `sha1=` and 40 hex digits (developers.intercom.com, "Setting up webhooks"). */
  readonly hub: string | undefined;
  /** `X-Body-Signature`, which other calls to an app carry: 64 hex digits (developers.intercom.com, "Canvas Kit"). */
  readonly body: string | undefined;
}

/** A signature that a request claims to have. */
export interface Signature {
  readonly algorithm: 'sha1' | 'sha256';
  readonly digest: Buffer;
}

/** A client secret, and where it is stored. */
export interface ClientSecret extends SecretLine {
  readonly version: 'current' | 'previous';
}

/** Which secret a body is signed with, never its value. */
export interface Match extends Pick<Signature, 'algorithm'>, Pick<ClientSecret, 'version' | 'line'> {}

/** The signatures that have exactly the form that Intercom sends, with lower-case digits. */
export function signaturesIn({ hub, body }: SignatureHeaders): Signature[] {
  const found = [
    { algorithm: 'sha1', digits: digitsIn(hub, /^sha1=([0-9a-f]{40})$/) },
    { algorithm: 'sha256', digits: digitsIn(body, /^([0-9a-f]{64})$/) },
  ] as const;
  return found.flatMap(({ algorithm, digits }) => (digits ? [{ algorithm, digest: Buffer.from(digits, 'hex') }] : []));
}

function digitsIn(header: string | undefined, form: RegExp): string | undefined {
  return typeof header === 'string' ? form.exec(header)?.[1] : undefined;
}

/**
 * The secrets with which the raw bytes are signed. Each signature is compared with every secret, each in constant time: how long
 * it takes does not tell which one matches.
 */
export function matchesOf(body: Buffer, signatures: readonly Signature[], secrets: readonly ClientSecret[]): Match[] {
  const matches: Match[] = [];
  for (const { algorithm, digest } of signatures) {
    for (const { value, version, line } of secrets) {
      const expected = createHmac(algorithm, value).update(body).digest();
      if (timingSafeEqual(expected, digest)) matches.push({ algorithm, version, line });
    }
  }
  return matches;
}
