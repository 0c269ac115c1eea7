import { widgetEvent } from '../../dev/widget-page';
import { readAction } from '../../lambda/widget/action/request';
import { resultPage } from '../../lambda/widget/action/result';
import { readWidgetRequest } from '../../lambda/widget/context';
import { quietTarget, reportOf } from '../core/report/builders';
import { ACTIONS, HOSTILE, SAMPLES } from './samples';

const { context } = readWidgetRequest({});

describe('the payload of a button', () => {
  it.each([{ mode: 'plan' }, { mode: 'apply' }, { approve: '0123456789ab' }, { decline: '0123456789ab' }])(
    '%j is passed to the sync unchanged',
    (payload) => {
      expect(readAction(widgetEvent({}, payload))).toEqual({ payload });
    },
  );

  it.each([
    undefined,
    null,
    {},
    widgetEvent(),
    { describe: true },
    { mode: 'aply' },
    { mode: 'plan', approve: '0123456789ab' },
    { approve: '0123456789ab', decline: '0123456789ab' },
    { approve: 'yes' },
    { approve: ['0123456789ab'] },
  ])('%j does nothing', (event) => {
    expect(readAction(event)).toEqual({ error: expect.stringMatching(/^Nothing was done: .*WidgetFunctionName/) });
  });
});

describe('the window after a button', () => {
  const shown = (overrides: Parameters<typeof reportOf>[0]) =>
    resultPage({ run: reportOf(overrides) }, context, ACTIONS).toString();

  it.each<[string, Parameters<typeof reportOf>[0], string]>([
    ['nothing to do', {}, 'Nothing to do: all 1 target in sync'],
    [
      'changes',
      { outcome: 'changed', targets: [quietTarget({ outcome: 'changed', added: ['34.0.0.1/32'] })] },
      'IP set set: 1 range added: <bdi>34.0.0.1/32</bdi>',
    ],
    [
      'a plan',
      { mode: 'plan', outcome: 'planned', targets: [quietTarget({ outcome: 'planned', removed: ['34.0.0.1/32'] })] },
      'IP set set: 1 range would be removed: <bdi>34.0.0.1/32</bdi>',
    ],
    [
      'pending removals',
      { targets: [quietTarget({ pendingRemoval: [{ range: '34.0.0.1/32', absentSince: '', removeAfter: '' }] })] },
      '1 range to be removed later',
    ],
    [
      'a plan that awaits approval, with its button',
      {
        outcome: 'awaiting-approval',
        targets: [
          quietTarget({
            outcome: 'awaiting-approval',
            planId: '0123456789ab',
            awaitingApproval: { added: ['34.0.0.0/22'], removed: [] },
          }),
        ],
      },
      '<cwdb-action action="call" display="popup" endpoint="arn:aws:lambda:eu-west-1:111122223333:function:IntercomAllowlist-WidgetAction"',
    ],
  ])('shows %s', (_what, overrides, text) => {
    expect(shown(overrides)).toContain(text);
  });

  it('asks the viewer to refresh the dashboard only after a run that applies', () => {
    expect(shown({})).toContain('Refresh the dashboard');
    expect(shown({ mode: 'plan' })).not.toContain('Refresh the dashboard');
  });

  it.each(HOSTILE)('shows an error as text: %j', (error) => {
    const text = resultPage({ error }, context, ACTIONS).toString();
    expect(text).not.toMatch(/<(script|img|a |svg)/);
    expect(text).toContain('class="box bad-box"');
  });

  it('stays under 100 KB for any answer of a run', () => {
    const ranges = Array.from({ length: 10_000 }, (_, i) => `2600:1f18:${i.toString(16)}::/48`);
    const targets = Array.from({ length: 40 }, (_, i) =>
      quietTarget({
        id: `sg-${i}`,
        outcome: 'changed',
        added: ranges,
        removed: ranges,
        planId: '0123456789ab',
        awaitingApproval: { added: ranges, removed: ranges },
      }),
    );
    for (const run of [reportOf({ outcome: 'changed', targets }), SAMPLES.hostile().runs[0]]) {
      if (run)
        expect(Buffer.byteLength(JSON.stringify(resultPage({ run }, context, ACTIONS).toString()))).toBeLessThan(
          100_000,
        );
    }
  });
});
