import { isIPv6 } from 'node:net';
import { IPv4, IPv6 } from 'ipaddr.js';
import { AllowlistError } from '../../shared/errors';

export const FAMILIES = [4, 6] as const;

export type Family = (typeof FAMILIES)[number];

/** A canonical CIDR: the bits of `start` below the prefix are zero. One type serves both address families. */
export interface Range {
  readonly family: Family;
  readonly start: bigint;
  readonly prefix: number;
}

/** Thrown when a text is no address and no CIDR. */
export class InvalidRangeError extends AllowlistError {
  override readonly name = 'InvalidRangeError';

  constructor(text: string) {
    super(`${JSON.stringify(text)} is not an address or CIDR. Allowed: dotted IPv4 or IPv6, with or without /prefix.`);
  }
}

export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };
const MAPPED_PREFIX = 96;

/**
 * Reads `34.197.76.213`, `34.197.76.213/32`, `2600:1f18::/36`. A bare address is a /32 or /128; host bits are cleared;
 * IPv4-mapped IPv6 becomes IPv4. Shorthand (`10.1`), octal, hexadecimal, zones and surrounding space are refused: nobody
 * may have to guess which address is meant.
 *
 * @throws InvalidRangeError
 */
export function parseRange(text: string): Range {
  const [address = '', prefixText, ...rest] = text.split('/');
  const family: Family = address.includes(':') ? 6 : 4;
  const bytes = parseBytes(address, family);
  const prefix = prefixText === undefined ? BITS[family] : parsePrefix(prefixText, family);
  if (bytes === undefined || prefix === undefined || rest.length > 0) throw new InvalidRangeError(text);
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  if (family === 6 && value >> 32n === 0xffffn && prefix >= MAPPED_PREFIX) {
    return canonical(4, value & 0xffffffffn, prefix - MAPPED_PREFIX);
  }
  return canonical(family, value, prefix);
}

/** The canonical text, always with a prefix: `34.197.76.213/32`, `2600:1f18::/36`. */
export function formatRange({ family, start, prefix }: Range): string {
  const bytes = [...Buffer.from(start.toString(16).padStart(BITS[family] / 4, '0'), 'hex')];
  const address = family === 4 ? new IPv4(bytes) : new IPv6(bytes);
  return `${address.toString()}/${prefix}`;
}

/** The number of addresses in a range. */
export function sizeOf({ family, prefix }: Range): bigint {
  return 1n << BigInt(BITS[family] - prefix);
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  return (
    outer.family === inner.family &&
    outer.prefix <= inner.prefix &&
    outer.start <= inner.start &&
    inner.start < outer.start + sizeOf(outer)
  );
}

/** Whether the two share an address. Two CIDRs are nested or disjoint. */
export function overlaps(a: Range, b: Range): boolean {
  return contains(a, b) || contains(b, a);
}

/** IPv4 before IPv6, then by address, then the wider first. */
export function compareRanges(a: Range, b: Range): number {
  return a.family - b.family || compareBigints(a.start, b.start) || a.prefix - b.prefix;
}

/** The range of this prefix that holds an address: host bits cleared. */
export function canonical(family: Family, address: bigint, prefix: number): Range {
  const hostBits = BigInt(BITS[family] - prefix);
  return { family, start: (address >> hostBits) << hostBits, prefix };
}

function parseBytes(address: string, family: Family): number[] | undefined {
  if (family === 4) return IPv4.isValidFourPartDecimal(address) ? IPv4.parse(address).toByteArray() : undefined;
  // ipaddr.js takes octal in the IPv4 part, and reads the long deprecated `::1.2.3.4` as IPv4.
  const strict = isIPv6(address) && !address.includes('%') && !/^::\d+\./.test(address);
  return strict ? IPv6.parse(address).toByteArray() : undefined;
}

function parsePrefix(text: string, family: Family): number | undefined {
  const prefix = /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined;
  return prefix !== undefined && prefix <= BITS[family] ? prefix : undefined;
}

function compareBigints(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b);
}
