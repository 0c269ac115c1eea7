import { fromByteArray, IPv4, IPv6 } from 'ipaddr.js';
import { AllowlistError } from '../../shared/errors';

export const FAMILIES = [4, 6] as const;

export type Family = (typeof FAMILIES)[number];

/** A canonical CIDR: the bits below the prefix are zero. One type serves both address families. */
export interface Range {
  readonly family: Family;
  readonly prefix: number;
  /** The first address as a number. */
  readonly start: bigint;
}

/** Thrown when a text is neither an address nor a CIDR. */
export class InvalidRangeError extends AllowlistError {
  override readonly name = 'InvalidRangeError';

  constructor(text: string) {
    super(`${JSON.stringify(text)} is not an address or CIDR. Allowed: dotted IPv4 or IPv6, with or without /prefix.`);
  }
}

export const BITS: Readonly<Record<Family, number>> = { 4: 32, 6: 128 };

/** IPv4-mapped IPv6 addresses are those of ::ffff:0:0/96: its prefix length, and the bits above the IPv4 address. */
const MAPPED = { prefix: 96, bits: 0xffffn };

/** A cache: a run uses the text of each range a dozen times, as a key. */
const TEXTS = new WeakMap<Range, string>();

const FOUR_PART_DECIMAL = /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){3}$/;

/**
 * Reads `34.197.76.213`, `34.197.76.213/32`, `2600:1f18::/36`. A bare address is a /32 or /128; host bits are cleared;
 * IPv4-mapped IPv6 becomes IPv4. Shorthand (`10.1`), octal, hexadecimal, zones and surrounding space are rejected,
 * because readers disagree about the address that they mean.
 *
 * @throws InvalidRangeError
 */
export function parseRange(text: string): Range {
  const [address = '', suffix, ...more] = text.split('/');
  const family: Family = address.includes(':') ? 6 : 4;
  const prefix = suffix === undefined ? BITS[family] : parsePrefix(suffix, family);
  const number = isStrict(address) ? parseAddress(address, family) : undefined;
  if (prefix === undefined || number === undefined || more.length > 0) throw new InvalidRangeError(text);
  const isMapped = family === 6 && prefix >= MAPPED.prefix && number >> 32n === MAPPED.bits;
  return isMapped ? rangeAt(4, BigInt.asUintN(32, number), prefix - MAPPED.prefix) : rangeAt(family, number, prefix);
}

/** Whether a text that `parseRange` accepts names another address than the first one of its range, as `34.197.76.213/24` does. */
export function hasHostBits(text: string): boolean {
  const [address = ''] = text.split('/');
  const [range, host] = [parseRange(text), parseRange(address)];
  return host.family !== range.family || host.start !== range.start;
}

/** The canonical text (RFC 5952), always with a prefix: `34.197.76.213/32`, `2600:1f18::/36`. */
export function formatRange(range: Range): string {
  const known = TEXTS.get(range);
  if (known !== undefined) return known;
  const text = toText(range);
  TEXTS.set(range, text);
  return text;
}

function toText({ family, prefix, start }: Range): string {
  const bytes = Buffer.from(start.toString(16).padStart(BITS[family] / 4, '0'), 'hex');
  return `${fromByteArray([...bytes])}/${prefix}`;
}

/** The number of addresses in a range. */
export function sizeOf({ family, prefix }: Range): bigint {
  return 1n << BigInt(BITS[family] - prefix);
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  if (outer.family !== inner.family || outer.prefix > inner.prefix) return false;
  return outer.start <= inner.start && inner.start < outer.start + sizeOf(outer);
}

/** Whether the two share an address. Two CIDRs are nested or disjoint. */
export function overlaps(one: Range, other: Range): boolean {
  return contains(one, other) || contains(other, one);
}

/** Whether the two are the halves of one range: they differ only in the last bit of their prefix. */
export function areSiblings(one: Range, other: Range): boolean {
  return one.family === other.family && one.prefix === other.prefix && (one.start ^ other.start) === sizeOf(one);
}

/** Orders IPv4 before IPv6, then by address, then the broader range first. */
export function compareRanges(one: Range, other: Range): number {
  if (one.family !== other.family) return one.family - other.family;
  if (one.start !== other.start) return one.start < other.start ? -1 : 1;
  return one.prefix - other.prefix;
}

/** The two ranges of the next longer prefix. */
export function halvesOf({ family, prefix, start }: Range): [Range, Range] {
  const low = { family, prefix: prefix + 1, start };
  return [low, { ...low, start: start + sizeOf(low) }];
}

/** The range of this prefix that contains an address: host bits cleared. */
function rangeAt(family: Family, address: bigint, prefix: number): Range {
  const hostBits = BigInt(BITS[family] - prefix);
  return { family, prefix, start: (address >> hostBits) << hostBits };
}

/** ipaddr.js also accepts shorthand, octal, hexadecimal, zones, and the deprecated `::1.2.3.4`, which it takes for mapped IPv6. */
function isStrict(address: string): boolean {
  const colon = address.lastIndexOf(':');
  const isDotted = colon < 0 || address.includes('.', colon);
  if (isDotted && !FOUR_PART_DECIMAL.test(address.slice(colon + 1))) return false;
  const isDeprecated = isDotted && colon === 1 && address.startsWith('::');
  return !isDeprecated && !address.includes('%');
}

function parseAddress(text: string, family: Family): bigint | undefined {
  try {
    const bytes = (family === 4 ? IPv4.parse(text) : IPv6.parse(text)).toByteArray();
    return BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  } catch {
    return undefined;
  }
}

function parsePrefix(text: string, family: Family): number | undefined {
  const prefix = /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : undefined;
  return prefix !== undefined && prefix <= BITS[family] ? prefix : undefined;
}
