import { PALETTES, type Palette } from '../../lambda/widget/view/theme';

/** WCAG 2.2, "relative luminance". */
function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = channels.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test('the contrast is measured as WCAG defines it', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
});

describe.each(['light', 'dark'] as const)('in the %s theme', (theme) => {
  const palette = PALETTES[theme];
  const TEXTS: (keyof Palette)[] = ['text', 'quiet', 'good', 'bad', 'wait', 'button'];

  // The marks of the timeline have the colors of texts.
  test.each(TEXTS.flatMap((text) => (['surface', 'raised'] as const).map((on) => [text, on] as const)))(
    'a text in %s on %s has the contrast of WCAG AA, 4.5',
    (text, on) => {
      expect(contrast(palette[text], palette[on])).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('the text of the main button has a contrast of at least 4.5', () => {
    expect(contrast(palette.onButton, palette.button)).toBeGreaterThanOrEqual(4.5);
  });

  it('a line of the timeline has a contrast of at least 3, as for graphics', () => {
    expect(contrast(palette.line, palette.raised)).toBeGreaterThanOrEqual(3);
  });
});
