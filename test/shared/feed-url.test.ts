import { InvalidConfigError } from '../../lambda/shared/errors';
import { isLoopback, parseFeedBaseUrl } from '../../lambda/shared/feed-url';

describe('parseFeedBaseUrl', () => {
  test.each([
    ['HTTPS is taken', 'https://feeds.example.com/ips', 'https://feeds.example.com/ips'],
    ['a trailing slash goes', 'https://feeds.example.com/ips/', 'https://feeds.example.com/ips'],
    ['several trailing slashes go', 'https://feeds.example.com/ips//', 'https://feeds.example.com/ips'],
    ['a bare host is taken', 'https://feeds.example.com', 'https://feeds.example.com'],
    ['a port is taken', 'https://feeds.example.com:8443/', 'https://feeds.example.com:8443'],
    ['scheme and host are lower-cased', 'HTTPS://Feeds.Example.com/IPs', 'https://feeds.example.com/IPs'],
    ['HTTP to localhost is taken', 'http://localhost:4566/feeds', 'http://localhost:4566/feeds'],
    ['HTTP to 127.0.0.1 is taken', 'http://127.0.0.1:4566', 'http://127.0.0.1:4566'],
    ['HTTP to all of 127/8 is taken', 'http://127.9.8.7', 'http://127.9.8.7'],
    ['HTTP to ::1 is taken', 'http://[::1]:4566', 'http://[::1]:4566'],
    ['HTTP to shorthand of loopback is taken, written out', 'http://127.1', 'http://127.0.0.1'],
  ])('%s', (_rule, given, expected) => {
    expect(parseFeedBaseUrl(given)).toBe(expected);
  });

  test.each([
    ['an empty query', 'https://feeds.example.com/x?'],
    ['an empty fragment', 'https://feeds.example.com/x#'],
    ['nothing', ''],
    ['no URL', 'feeds.example.com'],
    ['a path', '/feeds'],
    ['a URL without host', 'https://'],
    ['HTTP', 'http://feeds.example.com'],
    ['HTTP to a private address', 'http://10.0.0.1'],
    ['HTTP to the metadata service', 'http://169.254.169.254'],
    ['HTTP to any address', 'http://0.0.0.0'],
    ['HTTP to a host named like loopback', 'http://127.0.0.1.example.com'],
    ['HTTP to a host below localhost', 'http://feeds.localhost'],
    ['HTTP to a host that begins as localhost', 'http://localhost.example.com'],
    ['HTTP to loopback as user name', 'http://127.0.0.1@feeds.example.com'],
    ['HTTP to other IPv6', 'http://[2600:1f18::1]'],
    ['another scheme', 'ftp://feeds.example.com'],
    ['a file', 'file:///etc/feeds'],
    ['data', 'data:application/json,{}'],
    ['a user name', 'https://user@feeds.example.com'],
    ['a password', 'https://:secret@feeds.example.com'],
    ['a query', 'https://feeds.example.com/?a=b'],
    ['a fragment', 'https://feeds.example.com/#a'],
  ])('%s is rejected with the key, the value and the allowed values', (_rule, given) => {
    expect(() => parseFeedBaseUrl(given)).toThrow(InvalidConfigError);
    expect(() => parseFeedBaseUrl(given)).toThrow(
      `feedBaseUrl: ${JSON.stringify(given)} is not allowed. Allowed: an https: URL (http: only to a loopback host)`,
    );
  });

  it('names the key in the error', () => {
    expect(() => parseFeedBaseUrl('x', 'FEED_BASE_URL')).toThrow('FEED_BASE_URL: "x" is not allowed');
  });
});

describe('isLoopback', () => {
  test.each(['localhost', '127.0.0.1', '127.255.255.255', '[::1]'])('accepts %s as a loopback host', (hostname) => {
    expect(isLoopback(hostname)).toBe(true);
  });

  test.each(['', '128.0.0.1', '1127.0.0.1', '127.0.0.1.example.com', 'localhost.example.com', '0.0.0.0', '[::]'])(
    'rejects %j as a loopback host',
    (hostname) => {
      expect(isLoopback(hostname)).toBe(false);
    },
  );
});
