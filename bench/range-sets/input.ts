import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** What is merged, and what is taken from it: texts as a careless publisher might write them. */
export interface Input {
  readonly ranges: string[];
  readonly others: string[];
}

/**
 * The same texts whenever it is asked. Three quarters are IPv4. Half are single addresses, the others have host bits left
 * in; every tenth repeats an earlier one, every tenth lies in an earlier one, and every tenth has a sibling as neighbour.
 * `others` are a tenth of them, wider ranges around each hundredth, and some that share nothing with any.
 */
export function inputOf(size: number): Input {
  const generator = xoroshiro128plus(size);
  const random = () => uniformFloat64(generator);
  const ranges: Drawn[] = [];
  while (ranges.length < size) {
    const earlier = ranges[Math.floor(random() * ranges.length)];
    ranges.push(earlier ? next(earlier, random) : draw(random));
  }
  const every = (step: number) => ranges.filter((_, index) => index % step === 0);
  const others = [...every(10), ...every(100).map(widen), ...every(200).map(() => draw(random))];
  return { ranges: ranges.map(write), others: others.map(write) };
}

type Random = () => number;

/** The words of an address, 8 bits each in IPv4 and 16 in IPv6. */
interface Drawn {
  readonly words: readonly number[];
  readonly bits: 8 | 16;
  /** Undefined in a bare address. */
  readonly prefix: number | undefined;
}

function next(earlier: Drawn, random: Random): Drawn {
  const kind = Math.floor(random() * 10);
  if (kind === 0) return earlier;
  if (kind === 1) return { ...earlier, prefix: undefined };
  if (kind === 2) return sibling(earlier);
  return draw(random);
}

function draw(random: Random): Drawn {
  const bits = random() < 0.75 ? 8 : 16;
  const below = (end: number) => Math.floor(random() * end);
  const single = random() < 0.5;
  if (bits === 8) {
    const words = [1 + below(223), below(256), below(256), below(256)];
    return { words, bits, prefix: single ? singlePrefix(32, random) : 20 + below(12) };
  }
  // Few networks, so that addresses meet; half of them have a long run of zeros, as those of servers do.
  const network = [0x2600, 0x1f00 + below(64), below(0x10000), below(0x10000)];
  const host = random() < 0.5 ? [0, 0, 0, below(0x10000)] : Array.from({ length: 4 }, () => below(0x10000));
  return { words: [...network, ...host], bits, prefix: single ? singlePrefix(128, random) : 40 + below(88) };
}

/** One address is written with its prefix or without. */
function singlePrefix(bits: number, random: Random): number | undefined {
  return random() < 0.5 ? bits : undefined;
}

function sibling({ words, bits, prefix = words.length * bits }: Drawn): Drawn {
  const word = Math.ceil(prefix / bits) - 1;
  const bit = 1 << (bits * (word + 1) - prefix);
  return { words: words.map((value, index) => (index === word ? value ^ bit : value)), bits, prefix };
}

function widen({ words, bits, prefix = words.length * bits }: Drawn): Drawn {
  return { words, bits, prefix: prefix - 4 };
}

function write({ words, bits, prefix }: Drawn): string {
  const address = bits === 8 ? words.join('.') : words.map((word) => word.toString(16)).join(':');
  // The first run of zeros that is long: canonical enough for all who read it.
  const short = address.replace(/:0:0:0:/, '::');
  return prefix === undefined ? short : `${short}/${prefix}`;
}
