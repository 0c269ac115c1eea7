import { drawTerminal } from '../../local/terminal-picture';

const picture = (output: string, columns = 20) => drawTerminal({ command: 'npx allowlist plan', output, columns });
const textsIn = (svg: string) =>
  [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', text = '']) => ({
    attributes,
    text: text.replaceAll('\u00a0', ' '),
  }));

describe('drawTerminal', () => {
  it('shows every character in its style, below the command', () => {
    const [prompt, ...runs] = textsIn(picture('\u001b[1mIP set\u001b[22m  \u001b[32m+ add\u001b[39m\r\nplain\r\n'));
    expect(prompt).toMatchObject({
      text: '$ npx allowlist plan',
      attributes: expect.stringContaining('font-weight="700"'),
    });
    expect(runs.map(({ text }) => text)).toEqual(['IP set', '  ', '+ add', 'plain']);
    expect(runs.map(({ attributes }) => /font-weight|fill/.exec(attributes)?.[0])).toEqual([
      'font-weight',
      undefined,
      'fill',
      undefined,
    ]);
  });

  it('breaks a line where the terminal does', () => {
    expect(
      textsIn(picture('123456789', 4))
        .slice(1)
        .map(({ text }) => text),
    ).toEqual(['1234', '5678', '9']);
  });

  it('is no markup, whatever is written', () => {
    const svg = picture('<script>&"');
    expect(svg).not.toContain('<script');
    expect(textsIn(svg)[1]?.text).toBe('&#60;script&#62;&#38;&#34;');
  });
});
