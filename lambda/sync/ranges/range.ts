import { AllowlistError } from '../../shared/errors';
import { readIPv4, readIPv6, writeIPv4, writeIPv6 } from './address';

export const FAMILIES = [4, 6] as const;

export type Family = (typeof FAMILIES)[number];

/**
 * A canonical CIDR: the bits below the prefix are zero. One type serves both address families: `a` to `d` are the first address
 * in words of 32 bits, of which IPv4 has only the last. They are signed, as such integers cost no memory of their own.
 */
export interface Range {
  readonly family: Family;
  readonly prefix: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Thrown when a text is no address and no CIDR. */
export class InvalidRangeError extends AllowlistError {
  override readonly name = 'InvalidRangeError';

  constructor(text: string) {
    super(`${JSON.stringify(text)} is not an address or CIDR. Allowed: dotted IPv4 or IPv6, with or without /prefix.`);
  }
}

export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** How many of the first bits of the four words mean nothing. */
const UNUSED_BITS: Readonly<Record<Family, number>> = { 4: 96, 6: 0 };

/**
 * Reads `34.197.76.213`, `34.197.76.213/32`, `2600:1f18::/36`. A bare address is a /32 or /128; host bits are cleared;
 * IPv4-mapped IPv6 becomes IPv4. Shorthand (`10.1`), octal, hexadecimal, zones and surrounding space are refused: nobody
 * may have to guess which address is meant.
 *
 * @throws InvalidRangeError
 */
export function parseRange(text: string): Range {
  const slash = text.indexOf('/');
  const end = slash < 0 ? text.length : slash;
  const family: Family = text.includes(':') ? 6 : 4;
  const prefix = slash < 0 ? BITS[family] : parsePrefix(text.slice(slash + 1), family);
  const range = prefix === undefined ? undefined : readRange(text, end, family, prefix);
  if (range === undefined) throw new InvalidRangeError(text);
  return range;
}

/** The canonical text, always with a prefix: `34.197.76.213/32`, `2600:1f18::/36`. */
export function formatRange({ family, a, b, c, d, prefix }: Range): string {
  if (family === 4) return writeIPv4(d, `/${prefix}`);
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  return writeIPv6(groups, `/${prefix}`);
}

/** The number of addresses in a range. */
export function sizeOf({ family, prefix }: Range): bigint {
  return 1n << BigInt(BITS[family] - prefix);
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  return outer.family === inner.family && outer.prefix <= inner.prefix && commonBits(outer, inner) >= outer.prefix;
}

/** Whether the two share an address. Two CIDRs are nested or disjoint. */
export function overlaps(one: Range, other: Range): boolean {
  return one.family === other.family && commonBits(one, other) >= Math.min(one.prefix, other.prefix);
}

/** Whether the two are the halves of one range: they differ in the last bit of their prefix and in no other. */
export function areSiblings(one: Range, other: Range): boolean {
  return one.family === other.family && one.prefix === other.prefix && commonBits(one, other) === one.prefix - 1;
}

/** IPv4 before IPv6, then by address, then the wider first. */
export function compareRanges(one: Range, other: Range): number {
  return (
    one.family - other.family ||
    (one.a >>> 0) - (other.a >>> 0) ||
    (one.b >>> 0) - (other.b >>> 0) ||
    (one.c >>> 0) - (other.c >>> 0) ||
    (one.d >>> 0) - (other.d >>> 0) ||
    one.prefix - other.prefix
  );
}

/** The range of this prefix that holds an address: host bits cleared. */
export function canonical(family: Family, a: number, b: number, c: number, d: number, prefix: number): Range {
  const bits = prefix + UNUSED_BITS[family];
  return { family, prefix, a: a & mask(bits), b: b & mask(bits - 32), c: c & mask(bits - 64), d: d & mask(bits - 96) };
}

/** The two ranges of the next prefix. */
export function halvesOf({ family, a, b, c, d, prefix }: Range): [Range, Range] {
  const bit = prefix + UNUSED_BITS[family];
  const half = (word: number, index: number) => (index === bit >> 5 ? word | (0x8000_0000 >>> (bit & 31)) : word);
  return [
    { family, prefix: prefix + 1, a, b, c, d },
    { family, prefix: prefix + 1, a: half(a, 0), b: half(b, 1), c: half(c, 2), d: half(d, 3) },
  ];
}

/** A word of which only the first bits are set. */
function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits < 32 ? -1 << (32 - bits) : -1;
}

/** In how many bits, from the first on, the first addresses of two ranges of one family agree. */
function commonBits(one: Range, other: Range): number {
  return firstDifference(one, other) - UNUSED_BITS[one.family];
}

function firstDifference(one: Range, other: Range): number {
  if (one.a !== other.a) return Math.clz32(one.a ^ other.a);
  if (one.b !== other.b) return 32 + Math.clz32(one.b ^ other.b);
  if (one.c !== other.c) return 64 + Math.clz32(one.c ^ other.c);
  return 96 + Math.clz32(one.d ^ other.d);
}

function readRange(text: string, end: number, family: Family, prefix: number): Range | undefined {
  if (family === 4) {
    const number = readIPv4(text, end);
    return number === undefined ? undefined : canonical(4, 0, 0, 0, number, prefix);
  }
  const groups = readIPv6(text.slice(0, end));
  if (groups === undefined) return undefined;
  const word = (i: number) => ((groups[i] as number) << 16) | (groups[i + 1] as number);
  const [a, b, c, d] = [word(0), word(2), word(4), word(6)];
  const isMapped = a === 0 && b === 0 && c === 0xffff && prefix >= UNUSED_BITS[4];
  return isMapped ? canonical(4, 0, 0, 0, d, prefix - UNUSED_BITS[4]) : canonical(6, a, b, c, d, prefix);
}

function parsePrefix(text: string, family: Family): number | undefined {
  const prefix = /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined;
  return prefix !== undefined && prefix <= BITS[family] ? prefix : undefined;
}
