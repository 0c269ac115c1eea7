import pRetry, { AbortError } from 'p-retry';
import { type FeedAnswer, FeedBodyError } from '../core/feed/answer';
import { messageOf } from '../shared/errors';

export interface FetchOptions {
  /** ETag of the last accepted answer. @default - an unconditional request */
  readonly etag?: string | undefined;
  /** The time for one try, including the body. @default 5000 ms */
  readonly timeoutMs?: number;
  /** The wait before the second try; doubled for the third, with jitter. @default 500 ms */
  readonly backoffMs?: number;
}

const TRIES = 3;
const MAX_BYTES = 1024 * 1024;
const MAX_REDIRECTS = 3;

/**
 * GETs one feed. Tries 3 times on network errors, timeouts, 429 and 5xx; any other answer is final.
 *
 * @throws Error with the status of the last answer, or the network error. @throws FeedBodyError
 */
export async function fetchFeed(url: string, options: FetchOptions = {}): Promise<FeedAnswer> {
  const { etag, timeoutMs = 5000, backoffMs = 500 } = options;
  return pRetry(() => fetchOnce(url, etag, AbortSignal.timeout(timeoutMs)), {
    retries: TRIES - 1,
    minTimeout: backoffMs,
    randomize: true,
    shouldRetry: ({ error }) => !(error instanceof FeedBodyError),
  }).catch((error) => {
    if (error instanceof FeedBodyError) throw error;
    throw new Error(`GET ${url}: ${reasonOf(error, timeoutMs)}`, { cause: error });
  });
}

async function fetchOnce(url: string, etag: string | undefined, signal: AbortSignal): Promise<FeedAnswer> {
  const response = await followSameOrigin(url, {
    headers: { accept: 'application/json', ...(etag === undefined ? {} : { 'if-none-match': etag }) },
    redirect: 'manual',
    signal,
  });
  if (response.status === 304 && etag !== undefined) return { kind: 'not-modified' };
  if (response.status !== 200) {
    await response.body?.cancel();
    throw statusError(response.status);
  }
  return { kind: 'document', body: await readCapped(response), etag: response.headers.get('etag') ?? undefined };
}

/** A redirect to another origin is an error, because it could hand the allowlist to another publisher. */
async function followSameOrigin(url: string, init: RequestInit): Promise<Response> {
  let current = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await fetch(current, init);
    const location = response.headers.get('location');
    if (response.status < 301 || response.status > 308 || response.status === 304 || location === null) return response;
    await response.body?.cancel();
    const next = new URL(location, current);
    if (next.origin !== new URL(url).origin)
      throw new AbortError(`a redirect to another origin, which is not followed: ${next.origin}`);
    current = next.href;
  }
  throw new AbortError(`more than ${MAX_REDIRECTS} redirects`);
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new FeedBodyError(`the body has over ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new FeedBodyError('the body is not UTF-8', { cause: error });
  }
}

function statusError(status: number): Error {
  const error = new Error(`HTTP ${status}`);
  return status === 429 || status >= 500 ? error : new AbortError(error);
}

/** `fetch` says only "fetch failed" and keeps the reason in `cause`. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') return `no complete answer within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error ? `${messageOf(error)} (${cause.message})` : messageOf(error);
}
