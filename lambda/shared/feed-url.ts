import { InvalidConfigError } from './errors';

/**
 * The base URL of the feeds, without a trailing slash.
 *
 * Anyone who can change a feed can open the allowlist, so it must come over HTTPS. `http:` is for loopback hosts only, where
 * local runs serve their feeds.
 *
 * @throws InvalidConfigError if it is not a URL, is not encrypted, or has credentials, a query or a fragment.
 */
export function parseFeedBaseUrl(value: string, key = 'feedBaseUrl'): string {
  const allowed = 'an https: URL (http: only to a loopback host), without credentials, query or fragment';
  const url = URL.canParse(value) ? new URL(value) : undefined;
  // An empty query or fragment leaves no trace in `search` and `hash`, yet would swallow the path that is appended.
  const plain = url !== undefined && !url.username && !url.password && !/[?#]/.test(url.href);
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!plain || !safe) throw new InvalidConfigError(key, value, allowed);
  return url.href.replace(/\/+$/, '');
}

/** Whether a URL's host name can only be this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
