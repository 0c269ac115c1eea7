/** What several runs gave. */
export interface Figure {
  readonly median: number;
  /** Half of the runs lie between these two. */
  readonly low: number;
  readonly high: number;
}

/** Median and quartiles. @throws Error without values */
export function figureOf(values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => {
    const value = sorted[Math.round((sorted.length - 1) * share)];
    if (value === undefined) throw new Error('Nothing was measured');
    return value;
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** `36.6 (35.1-39.0)` */
export function withSpread({ median, low, high }: Figure, digits = 1): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}-${high.toFixed(digits)})`;
}

/** `1.04` */
export function ratio(of: Figure, to: Figure): string {
  return (of.median / to.median).toFixed(2);
}

/** A Markdown table: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
