const NONE = -1;
const GROUPS = 8;
const [ZERO, DOT, COLON] = [0x30, 0x2e, 0x3a];

/**
 * The number that a dotted IPv4 address says, which ends before `end`; undefined if it is none. A leading zero is refused:
 * to some it means octal.
 */
export function readIPv4(text: string, end = text.length): number | undefined {
  let number = 0;
  let octet = NONE;
  let dots = 0;
  for (let i = 0; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit >= 0 && digit <= 9 && octet !== 0) octet = octet === NONE ? digit : octet * 10 + digit;
    else if (digit === DOT - ZERO && octet !== NONE) {
      number = (number << 8) | octet;
      octet = NONE;
      dots++;
    } else return undefined;
    if (octet > 0xff) return undefined;
  }
  return dots === 3 && octet !== NONE ? (number << 8) | octet : undefined;
}

/** The eight groups of an IPv6 address; undefined if it is none, has a zone, or is the long deprecated `::1.2.3.4`. */
export function readIPv6(text: string): number[] | undefined {
  const plain = text.includes('.') ? withoutDots(text) : text;
  const gap = plain.indexOf('::');
  const groups = [0, 0, 0, 0, 0, 0, 0, 0];
  if (gap < 0) return readGroups(plain, groups, 0) === GROUPS ? groups : undefined;
  const after = plain.slice(gap + 2);
  const start = GROUPS - countGroups(after);
  const end = readGroups(plain.slice(0, gap), groups, 0);
  return end !== NONE && end < start && readGroups(after, groups, start) === GROUPS ? groups : undefined;
}

/** `34.197.76.213` and what is to follow. Joined, as a text that is added up piece by piece keeps all its pieces in memory. */
export function writeIPv4(number: number, suffix = ''): string {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, `${number & 0xff}${suffix}`].join('.');
}

/** As RFC 5952 has it, `2600:1f18::1`, and what is to follow. */
export function writeIPv6(groups: readonly number[], suffix = ''): string {
  const texts = groups.map((group) => group.toString(16));
  const [start, end] = longestZeros(groups);
  if (end - start < 2) return [texts.join(':'), suffix].join('');
  return [texts.slice(0, start).join(':'), texts.slice(end).join(':') + suffix].join('::');
}

/**
 * Puts the groups of a text into `groups` from `start` on. Goes character by character: splitting takes several times as long.
 *
 * @returns where they end; NONE if there is anything else in the text
 */
function readGroups(text: string, groups: number[], start: number): number {
  if (text === '') return start;
  let end = start;
  let group = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : COLON;
    const digit = hexDigit(code);
    if (digit !== NONE) {
      group = group * 0x10 + digit;
      digits++;
    } else if (code === COLON && digits > 0 && digits <= 4 && end < GROUPS) {
      groups[end++] = group;
      group = 0;
      digits = 0;
    } else return NONE;
  }
  return end;
}

function countGroups(text: string): number {
  if (text === '') return 0;
  let groups = 1;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === COLON) groups++;
  return groups;
}

function hexDigit(code: number): number {
  if (code >= ZERO && code <= ZERO + 9) return code - ZERO;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : NONE;
}

/** `::ffff:34.197.76.213` as `::ffff:22c5:4cd5`; of what must not be read, something that can't be. */
function withoutDots(text: string): string {
  const dotted = text.lastIndexOf(':') + 1;
  const front = text.slice(0, dotted);
  const number = readIPv4(text.slice(dotted));
  if (number === undefined || front === '::') return '.';
  return front + writeGroups([number >>> 16, number & 0xffff], 0, 2);
}

/** Where the first of the longest runs starts and ends. */
function longestZeros(groups: readonly number[]): readonly [number, number] {
  let [from, to, start] = [0, 0, 0];
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1;
    else if (i + 1 - start > to - from) [from, to] = [start, i + 1];
  }
  return [from, to];
}

function writeGroups(groups: readonly number[], start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) {
    if (i > start) text += ':';
    text += groups[i]?.toString(16);
  }
  return text;
}
