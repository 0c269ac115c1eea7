/** What is drawn: a command and what it wrote to a terminal. */
export interface TerminalPicture {
  readonly command: string;
  /** With colours, as escape sequences. */
  readonly output: string;
  /** Columns of the terminal. */
  readonly columns: number;
}

/** Some text in one style. */
interface Run {
  readonly text: string;
  readonly codes: ReadonlySet<number>;
}

const CELL = { width: 8.4, height: 19 } as const;
const MARGIN = 18;
const FONT = 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
/** By the codes of ECMA-48's Select Graphic Rendition, as far as the command line uses them; readable on the background. */
const STYLES: Readonly<Record<number, string>> = {
  1: 'font-weight="700"',
  2: 'fill="#9198a1"',
  31: 'fill="#ff7b72"',
  32: 'fill="#56d364"',
  33: 'fill="#e3b341"',
  35: 'fill="#d2a8ff"',
};
/** What each code that ends a style ends. */
const ENDS: Readonly<Record<number, readonly number[]>> = { 22: [1, 2], 39: [31, 32, 33, 35] };

/** A picture of a terminal as SVG. The same output always gives the same picture. */
export function drawTerminal({ command, output, columns }: TerminalPicture): string {
  const prompt: Run[] = [{ text: `$ ${command}`, codes: new Set([1]) }];
  const lines = [prompt, [], ...parse(output.trimEnd()).flatMap((line) => wrap(line, columns))];
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = lines.length * CELL.height + 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(command)}">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    `<g fill="#e6edf3" font-family="${FONT}" font-size="14">`,
    ...lines.flatMap(drawLine),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Lines of runs. */
function parse(output: string): Run[][] {
  const codes = new Set<number>();
  return output.split(/\r?\n/).map((line) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what the sequences are made of
    line.split(/\u001b\[([\d;]*)m/).flatMap((part, i) => {
      if (i % 2 === 0) return part === '' ? [] : [{ text: part, codes: new Set(codes) }];
      for (const code of part.split(';').map(Number)) apply(code, codes);
      return [];
    }),
  );
}

function apply(code: number, codes: Set<number>): void {
  if (code === 0) codes.clear();
  else if (ENDS[code]) for (const ended of ENDS[code]) codes.delete(ended);
  else codes.add(code);
}

/** A terminal breaks a line at its last column, wherever that is. */
function wrap(line: readonly Run[], columns: number): Run[][] {
  const lines: Run[][] = [[]];
  let used = 0;
  for (const { text, codes } of line) {
    for (const char of text) {
      if (used === columns) {
        lines.push([]);
        used = 0;
      }
      append(lines.at(-1) as Run[], char, codes);
      used++;
    }
  }
  return lines;
}

function append(line: Run[], char: string, codes: ReadonlySet<number>): void {
  const last = line.at(-1);
  if (last?.codes === codes) line[line.length - 1] = { text: last.text + char, codes };
  else line.push({ text: char, codes });
}

/** Each run is put at its column and stretched to its cells, whatever the font of the reader. */
function drawLine(line: readonly Run[], index: number): string[] {
  const y = MARGIN + index * CELL.height + 14;
  let column = 0;
  return line.map(({ text, codes }) => {
    const x = MARGIN + column * CELL.width;
    column += text.length;
    const style = [...codes].flatMap((code) => STYLES[code] ?? []).join(' ');
    const length = (text.length * CELL.width).toFixed(1);
    // Viewers collapse other spaces.
    const shown = escapeXml(text).replaceAll(' ', '\u00a0');
    return `<text x="${x.toFixed(1)}" y="${y}" textLength="${length}"${style && ` ${style}`}>${shown}</text>`;
  });
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
