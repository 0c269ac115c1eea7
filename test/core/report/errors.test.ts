import { NoSuchPlanError, SyncFailedError, UncheckedPlanError } from '../../../lambda/core/report/errors';
import { freshFeed, quietTarget, reportOf } from './builders';

const failedFeed = freshFeed({ region: 'eu', status: 'failed', error: 'HTTP 503' });
const failedTarget = quietTarget({ id: 'sg-1', outcome: 'failed', error: 'no access' });
const awaiting = quietTarget({ outcome: 'awaiting-approval', planId: '0123456789ab' });

describe('NoSuchPlanError', () => {
  it('names the requested plan, the plans that await approval, and the next step', () => {
    const { message } = new NoSuchPlanError('ffffffffffff', 'approve', [awaiting, failedTarget]);
    expect(message).toBe(
      'No plan ffffffffffff awaits approval: it was applied already, or its changes are different now. It was not applied. ' +
        'Awaiting approval: 0123456789ab (set). Invoke the sync with {"mode":"plan"} and approve the plan that it shows',
    );
  });

  it('says so if no plan awaits approval', () => {
    expect(new NoSuchPlanError('ffffffffffff', 'approve', []).message).toContain(
      'Awaiting approval: none. Invoke the sync',
    );
  });

  it('says of a decline that nothing was declined', () => {
    const { message } = new NoSuchPlanError('ffffffffffff', 'decline', [awaiting]);
    expect(message).toContain('It was not declined. Awaiting approval: 0123456789ab (set).');
    expect(message).toMatch(/and decline the plan that it shows$/);
  });
});

describe('UncheckedPlanError', () => {
  it('names the targets that failed, what it means and the next step', () => {
    const { message } = new UncheckedPlanError('ffffffffffff', 'approve', [failedTarget]);
    expect(message).toBe(
      'Could not check plan ffffffffffff, which may be a plan for a target that failed: sg-1. It was not applied, and nothing else was ' +
        'changed: the current ranges stay in force. Do what the error of the target says, then approve the plan again',
    );
  });
});

describe('SyncFailedError', () => {
  it('names the run and every failure', () => {
    const failed = reportOf({ feeds: [failedFeed], targets: [failedTarget] });
    const error = new SyncFailedError(failed);
    expect(error.name).toBe('SyncFailedError');
    expect(error.message).toBe(
      'Sync run-1 failed. Target sg-1: no access. No feed could be used, so the current ranges stay in force and newly published ranges ' +
        'may be missing: eu: HTTP 503',
    );
  });
});
