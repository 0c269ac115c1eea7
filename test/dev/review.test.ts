import pc from 'picocolors';
import { reviewText, WIDGET_PAGE } from '../../dev/review';

it('a demo ends with the path of the widget page and the records of the saved query', () => {
  const diff = (message: string) => ({ timestamp: '2026-11-25T09:05:07.123Z', outcome: 'changed', message });
  const terminal = { colors: pc.createColors(false), width: undefined };
  expect(reviewText([diff('US: +1 -0 in IP set A-v4'), diff('EU: +3 -0 in IP set A-v4')], terminal)).toBe(
    [
      'The dashboard widget, as a page',
      `  ${WIDGET_PAGE}`,
      '',
      'The saved query "Range diffs" finds',
      'WHEN                  OUTCOME  WHAT',
      '2026-11-25 09:05 UTC  changed  US: +1 -0 in IP set A-v4',
      '2026-11-25 09:05 UTC  changed  EU: +3 -0 in IP set A-v4',
    ].join('\n'),
  );
});
