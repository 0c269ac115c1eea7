import { InvalidConfigError } from './errors';

/**
 * A comma-separated list of TCP ports, as in the context key `ports` and in the value of the discovery tag.
 *
 * @throws InvalidConfigError
 */
export function parsePorts(text: string, key: string): number[] {
  const ports = text.split(',').map((item) => item.trim());
  if (!ports.every((port) => /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535)) {
    throw new InvalidConfigError(key, text, 'a comma-separated list of TCP ports, 1 to 65535');
  }
  return [...new Set(ports.map(Number))].sort((a, b) => a - b);
}
