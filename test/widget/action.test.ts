import { widgetEvent } from '../../dev/widget-page';
import type { TargetResult } from '../../lambda/core/report/run-record';
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

  const EMPTY =
    'removing all 3 entries would leave the target empty, which is never done: nothing was removed. Check the feeds';
  const blocked = quietTarget({ outcome: 'awaiting-approval', error: EMPTY });
  const waiting = quietTarget({
    id: 'sg-1',
    kind: 'security-group',
    outcome: 'awaiting-approval',
    planId: '0123456789ab',
    awaitingApproval: { added: ['34.0.0.0/22'], removed: [] },
    error: 'Awaiting approval: too much',
  });

  it('says that a target is blocked, and why, and asks for no approval that could not help', () => {
    const text = shown({ outcome: 'awaiting-approval', targets: [blocked] });
    expect(text).toContain('<h2>Nothing was changed: 1 target is blocked</h2>');
    expect(text).toContain(`IP set set is blocked: ${EMPTY}`);
    expect(text).toContain('<td class="outcome bad">blocked</td>');
    expect(text).not.toContain('approval');
  });

  it.each<[string, Parameters<typeof reportOf>[0], string]>([
    ['an approval', { targets: [waiting] }, 'Nothing was changed: an approval is needed'],
    ['both', { targets: [waiting, blocked] }, 'Nothing was changed: an approval is needed and 1 target is blocked'],
    ['both in a plan', { mode: 'plan', targets: [waiting] }, 'A sync would change nothing: an approval is needed'],
  ])('says what keeps a run from changing anything: %s', (_what, overrides, headline) => {
    expect(shown({ outcome: 'awaiting-approval', ...overrides })).toContain(`<h2>${headline}</h2>`);
  });

  it('is not done as long as changes wait or are blocked', () => {
    const changed = quietTarget({ outcome: 'changed', added: ['34.0.0.1/32'] });
    const headlineOf = (...targets: TargetResult[]) => shown({ outcome: 'changed', targets });
    expect(headlineOf(changed)).toContain('<h2>Done</h2>');
    expect(headlineOf(changed, waiting)).toContain('<h2>Done in part; an approval is needed</h2>');
    const partly = headlineOf({ ...changed, error: EMPTY });
    expect(partly).toContain('<h2>Done in part; 1 target is blocked</h2>');
    expect(partly).toContain(`IP set set is blocked: ${EMPTY}`);
  });

  it('says that a declined plan is not applied', () => {
    const declined = { ...waiting, outcome: 'in-sync', planId: null, declined: '0123456789ab', error: null } as const;
    expect(shown({ targets: [declined] })).toContain('1 declined plan not applied</h2>');
  });

  it('does not say of a run that ended early that it made the changes that it planned', () => {
    const planned = quietTarget({ outcome: 'planned', added: ['34.0.0.1/32'] });
    const text = shown({ outcome: 'failed', error: 'Another run holds the lease', targets: [planned] });
    expect(text).toContain('1 range would be added');
    expect(text).toContain('Another run holds the lease');
  });

  it('does not say of a target that could not be read that it holds nothing', () => {
    const failed = quietTarget({ outcome: 'failed', error: 'AccessDenied' });
    expect(shown({ targets: [failed] })).toContain('<td>unknown</td><td class="outcome bad">failed</td>');
    expect(shown({})).toContain('<td>0</td><td class="outcome quiet">in-sync</td>');
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
