import pc from 'picocolors';
import { plannedAdditions } from '../../../bin/allowlist/commands/explain';
import { type StatusFacts, statusResult } from '../../../bin/allowlist/commands/status';
import { type ExitReasons, exitCodeOf } from '../../../bin/allowlist/result';
import type { Status } from '../../../bin/allowlist/status';
import type { LoggedRun } from '../../../bin/allowlist/sync-log';
import type { TargetInForce } from '../../../bin/allowlist/targets';
import type { RunRecord } from '../../../lambda/core/report/run-record';
import { exposedTarget, quietTarget, reportOf, soundGuard } from '../../core/report/builders';

const NOW = new Date('2026-11-24T10:15:00.000Z');
const STACK = { name: 'Allow', account: '111122223333', region: 'eu-west-1', output: () => '' };
const PLAN = '0123456789ab';

const runAt = (hour: number, overrides: Partial<RunRecord> = {}): LoggedRun => ({
  ...reportOf(overrides),
  time: `2026-11-24T0${hour}:05:00.000Z`,
});
const rejected = {
  feeds: [],
  targets: [],
  outcome: 'failed',
  error: 'payload: {"aprove":"x"} is not allowed',
} as const;
const waits = quietTarget({
  outcome: 'awaiting-approval',
  planId: PLAN,
  error: 'Awaiting approval: too many',
  awaitingApproval: { added: ['34.0.0.0/20'], removed: [] },
});
const blocked = quietTarget({ outcome: 'awaiting-approval', error: 'removing all 3 entries would leave it empty' });

function inForce(overrides: Partial<TargetInForce> = {}): TargetInForce {
  const nothing = { families: [4], entries: [], exposed: false, exposure: [], acceptedExposure: null, error: null };
  return { id: 'sg-1', kind: 'security-group', name: 'security group sg-1', ...nothing, ...overrides };
}

const { exposed, exposure } = exposedTarget();
const open = inForce({ exposed, exposure });
const unread = inForce({ error: 'These credentials may not call it. Ask for the permission' });

function resultOf(facts: Partial<StatusFacts>) {
  const given = { stack: STACK, targets: [inForce()], guards: [], runs: [runAt(9)], removalGraceHours: 24, ...facts };
  const { exitCode, problem, data, text } = statusResult(given, NOW);
  return {
    exitCode,
    problem,
    status: data as Status,
    text: text({ colors: pc.createColors(false), width: undefined }),
  };
}

describe('the exit code of status', () => {
  const faulty = soundGuard({ outcome: 'exposed', problems: ['Its default action is Allow'] });
  const failed = runAt(9, { outcome: 'failed', error: 'No time left. Run it again' });

  it.each<[string, Partial<StatusFacts>, number]>([
    ['0 if nothing is wrong', {}, 0],
    ['3 if a plan awaits approval', { runs: [runAt(9, { targets: [waits] })] }, 3],
    ['3 if changes are blocked', { runs: [runAt(9, { targets: [blocked] })] }, 3],
    ['0 if a plan was declined', { runs: [runAt(9, { targets: [quietTarget({ declined: PLAN })] })] }, 0],
    ['4 if a target is exposed', { targets: [open] }, 4],
    [
      '4 if a guard has a problem, whatever awaits approval',
      { guards: [faulty], runs: [runAt(9, { targets: [waits] })] },
      4,
    ],
    ['1 if a target cannot be read, whatever is exposed', { targets: [open, unread] }, 1],
    ['1 if the last run failed', { runs: [runAt(8), failed] }, 1],
    ['1 if there was no run', { runs: [] }, 1],
    ['0 if a plan failed after a good run', { runs: [runAt(8), { ...failed, mode: 'plan' }] }, 0],
    ['0 if an earlier run failed', { runs: [failed, runAt(9)] }, 0],
  ])('is %s', (_rule, facts, code) => {
    expect(resultOf(facts).exitCode).toBe(code);
  });

  it('is explained on standard error if it is 1, one line for each target and for the last run', () => {
    const { problem } = resultOf({ targets: [inForce(), unread], runs: [failed] });
    expect(problem?.split('\n')).toEqual([
      'security group sg-1 could not be read, so what it allows is not known. These credentials may not call it. Ask for the permission',
      'The last run, 2026-11-24 09:05 UTC, failed. No time left. Run it again',
    ]);
    expect(resultOf({ runs: [] }).problem).toMatch(/^No run in the last 30 days, so .* may be blocked\. Check /);
    expect(resultOf({ targets: [open] }).problem).toBeUndefined();
  });
});

test('the exit code of any command is the first of 1, 4, 3 and 2 that applies', () => {
  const nothing: ExitReasons = { error: false, open: false, awaitingApproval: false, changes: false };
  expect(exitCodeOf(nothing)).toBe(0);
  const all = ['changes', 'awaitingApproval', 'open', 'error'] as const;
  const codes = all.map((_, i) => {
    const found = Object.fromEntries(all.slice(0, i + 1).map((finding) => [finding, true]));
    return exitCodeOf({ ...nothing, ...found });
  });
  expect(codes).toEqual([2, 3, 4, 1]);
});

describe('a run that read no targets', () => {
  const runs = [runAt(8, { targets: [waits] }), runAt(9, rejected)];

  it('hides no plan that awaits approval and no feed from status, and is still the last run', () => {
    const { status, text } = resultOf({ runs });
    expect(status.waiting).toMatchObject([{ planId: PLAN, added: ['34.0.0.0/20'] }]);
    expect(status.feeds).toHaveLength(1);
    expect(status.lastRun).toMatchObject({ time: '2026-11-24T09:05:00.000Z', outcome: 'failed' });
    expect(text).toContain(`Plan ${PLAN} awaits approval`);
  });

  it('hides no plan that awaits approval from explain', () => {
    expect(plannedAdditions(runs)).toEqual([{ planId: PLAN, target: 'set', added: ['34.0.0.0/20'], declined: false }]);
  });
});

test('status shows changes that no approval can apply, with the reason', () => {
  const { status, text } = resultOf({ runs: [runAt(9, { targets: [blocked] })] });
  expect(status.blocked).toEqual([{ target: 'set', reason: blocked.error }]);
  expect(text).toContain('Changes are blocked in set: removing all 3 entries would leave it empty');
});
