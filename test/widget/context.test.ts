import { widgetEvent } from '../../dev/widget-page';
import { readWidgetRequest, type WidgetContext } from '../../lambda/widget/context';

const DEFAULT: WidgetContext = { theme: 'light', width: 1000, utcOffset: '+00:00' };

test("the widget reads CloudWatch's event", () => {
  const event = widgetEvent({ theme: 'dark', width: 588 });
  expect(readWidgetRequest(event)).toEqual({
    describe: false,
    context: { theme: 'dark', width: 588, utcOffset: '+00:00' },
    viewer: 'dashboard IntercomAllowlist in account 000000000000',
  });
});

test('only describe asks for the documentation', () => {
  expect(readWidgetRequest({ describe: true })).toEqual({ describe: true, context: DEFAULT, viewer: undefined });
});

describe('a missing or invalid field has its default', () => {
  test.each<[given: unknown, expected: Partial<WidgetContext>]>([
    [undefined, {}],
    [null, {}],
    ['dark', {}],
    [[], {}],
    [{ widgetContext: null }, {}],
    [{ widgetContext: { theme: 'blue', width: '12', timezone: {} } }, {}],
    [{ describe: 'yes', widgetContext: { theme: '"><script>' } }, {}],
    [{ widgetContext: { theme: 'dark', timezone: { offsetISO: '<b>' } } }, { theme: 'dark' }],
    [{ widgetContext: { timezone: { offsetISO: '-04:30' } } }, { utcOffset: '-04:30' }],
    [{ widgetContext: { timezone: { offsetISO: '+24:00' } } }, {}],
    [{ widgetContext: { width: 10 } }, { width: 280 }],
    [{ widgetContext: { dashboardName: 7, accountId: {} } }, {}],
    [{ widgetContext: { width: 1e9 } }, { width: 2400 }],
    [{ widgetContext: { width: Number.NaN } }, {}],
  ])('%j', (event, expected) => {
    expect(readWidgetRequest(event)).toEqual({
      describe: false,
      context: { ...DEFAULT, ...expected },
      viewer: undefined,
    });
  });
});
