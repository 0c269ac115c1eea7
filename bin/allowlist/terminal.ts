import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { getBorderCharacters, type TableUserConfig, table } from 'table';

export type Colors = ReturnType<typeof pc.createColors>;

/** How to format text for an output. */
export interface TerminalOptions {
  readonly colors: Colors;
  /** Columns of the terminal; undefined where text must not be wrapped, as in a pipe. */
  readonly width: number | undefined;
}

/** The minimum width of the last column. */
const NARROWEST = 24;
const COLUMN_GAP = 2;

/** Standard output: colored and wrapped on a terminal, plain in a pipe. Respects NO_COLOR and FORCE_COLOR. */
export function terminalOptionsOf({ isTTY, columns }: NodeJS.WriteStream, env: NodeJS.ProcessEnv): TerminalOptions {
  // picocolors would also color pipes where CI is set.
  const colors = pc.createColors(pc.isColorSupported && (isTTY === true || Boolean(env.FORCE_COLOR)));
  // A terminal without a window size has 0 columns.
  return { colors, width: (isTTY && columns) || undefined };
}

/** Formats rows under a head, in columns as wide as their longest cell. On a terminal the last column wraps. */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  terminal: TerminalOptions,
): string {
  const lines = [head.map((title) => terminal.colors.dim(title.toUpperCase())), ...rows.map((row) => [...row])];
  const last = head.length - 1;
  const room = roomOf(lines, terminal.width);
  return layOut(lines, room === undefined ? {} : { [last]: { width: room, wrapWord: true } });
}

/** Wraps a text between words. */
export function wrapped(text: string, { width }: TerminalOptions): string {
  const fits = width === undefined || widthOf(text) <= width;
  return fits ? text : layOut([[text]], { 0: { width: Math.max(1, width - COLUMN_GAP), wrapWord: true } });
}

function layOut(rows: string[][], columnWidths: TableUserConfig['columns'] & object): string {
  const text = table(rows, {
    border: getBorderCharacters('void'),
    columnDefault: { paddingLeft: 0, paddingRight: COLUMN_GAP },
    columns: columnWidths,
    drawHorizontalLine: () => false,
  });
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

/** The width left for the last column, if its cells are wider. */
function roomOf(lines: readonly (readonly string[])[], width: number | undefined): number | undefined {
  if (width === undefined) return undefined;
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => widthOf(line[i] ?? ''))));
  const others = widths.slice(0, -1).reduce((sum, each) => sum + each + COLUMN_GAP, 0);
  const room = Math.max(NARROWEST, width - others - COLUMN_GAP);
  return room < (widths.at(-1) ?? 0) ? room : undefined;
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}
