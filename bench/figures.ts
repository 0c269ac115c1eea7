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

/**
 * A Markdown table as the formatter leaves it: text to the left, figures to the right.
 *
 * @param options.text how many columns are text, from the first on
 */
export function table(head: readonly string[], rows: readonly (readonly string[])[], { text = 1 } = {}): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) => {
    const padded = widths.map((width, column) =>
      column < text ? (cells[column] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width),
    );
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) => (column < text ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
