import { excludeCidr, mergeCidr } from 'cidr-tools';
import { exclude, merge } from 'fast-cidr-tools';
import { formatRange, parseRange, type Range } from '../../lambda/sync/ranges/range';
import { mergeRanges, subtractRanges } from '../../lambda/sync/ranges/range-set';
import { refusalReason } from '../../lambda/sync/ranges/refusal';
import type { Contender, Output } from './contender';

const parseAll = (texts: readonly string[]) => texts.map((text) => parseRange(text));

/** By name. */
export const CONTENDERS: Readonly<Record<string, Contender>> = {
  ours: {
    run({ ranges, others }) {
      const merged = mergeRanges(parseAll(ranges));
      return written(merged, subtractRanges(merged, parseAll(others)));
    },
  },
  'ours, refusing': {
    run({ ranges, others }, lap) {
      const [given, holes] = [parseAll(ranges), parseAll(others)];
      lap('parse');
      // All of it stays in, so that the results can be compared.
      given.filter((range) => refusalReason(range) !== undefined);
      lap('refuse');
      const merged = mergeRanges(given);
      lap('merge');
      const left = subtractRanges(merged, holes);
      lap('difference');
      return written(merged, left);
    },
  },
  'cidr-tools': {
    run({ ranges, others }, lap) {
      const merged = mergeCidr(ranges);
      lap('merge');
      const left = excludeCidr(merged, others);
      lap('difference');
      return { merged, left };
    },
  },
  'fast-cidr-tools': {
    run({ ranges, others }, lap) {
      const merged = merge(ranges);
      lap('merge');
      // Not of what is merged: it misreads some addresses that it wrote itself.
      const left = exclude(ranges, others);
      lap('difference');
      return { merged, left };
    },
  },
  /** Only reads the lists. */
  nobody: { run: () => ({ merged: [], left: [] }) },
};

function written(merged: readonly Range[], left: readonly Range[]): Output {
  return { merged: merged.map((range) => formatRange(range)), left: left.map((range) => formatRange(range)) };
}
