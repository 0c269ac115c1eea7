import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { columns, terminalOptionsOf, wrapped } from '../../../bin/allowlist/terminal';

const PIPE = { colors: pc.createColors(false), width: undefined };
const head = ['target', 'range'];
const long = Array.from({ length: 12 }, (_, i) => `34.0.0.${i}/32`).join(' ');

describe('columns', () => {
  it('are as wide as their longest cell, without trailing spaces', () => {
    const rows = [
      ['set', '34.0.0.1/32'],
      ['security group', ''],
    ];
    expect(columns(head, rows, PIPE)).toBe('TARGET          RANGE\nset             34.0.0.1/32\nsecurity group');
  });

  it('are never wrapped in a pipe, even if a line is long', () => {
    expect(columns(head, [['set', long]], PIPE).split('\n')).toHaveLength(2);
  });

  it.each([40, 80, 120])('wrap between words on a terminal of %d columns, without losing text', (width) => {
    const text = columns(head, [['set', long]], { ...PIPE, width });
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    expect(text.match(/34\.0\.0\.\d+\/32/g)?.join(' ')).toBe(long);
  });

  it('are sized by visible characters, not by color codes', () => {
    const colors = pc.createColors(true);
    const colored = columns(head, [[colors.red('set'), colors.green(long)]], { colors, width: 60 });
    expect(stripVTControlCharacters(colored)).toBe(columns(head, [['set', long]], { ...PIPE, width: 60 }));
  });
});

describe('wrapped', () => {
  it.each([1, 2, 3])('does not fail on a terminal of %d columns', (width) => {
    expect(wrapped('one two', { ...PIPE, width }).replaceAll(/\s/g, '')).toBe('onetwo');
  });

  it('changes nothing on a terminal without a window size, which has 0 columns', () => {
    const { width } = terminalOptionsOf({ isTTY: true, columns: 0 } as NodeJS.WriteStream, {});
    expect(wrapped('one two three', { ...PIPE, width })).toBe('one two three');
  });

  it('wraps a text between words on a terminal, and does not change it in a pipe', () => {
    expect(wrapped('one two three', { ...PIPE, width: 9 })).toBe('one two\nthree');
    expect(wrapped('one two three', { ...PIPE, width: 80 })).toBe('one two three');
    expect(wrapped('one two three', PIPE)).toBe('one two three');
  });
});
