import pc from 'picocolors';
import { reportText } from '../../../bin/allowlist/report-text';
import type { RegionResult, RunRecord, TargetResult } from '../../../lambda/core/report/run-record';
import { freshFeed, quietTarget, reportOf } from '../../core/report/builders';

const NOTHING = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
const share = (overrides: Partial<RegionResult>): RegionResult => ({
  region: 'us',
  inForce: 7,
  ...NOTHING,
  ...overrides,
});
const SG = { id: 'sg-1', kind: 'security-group' } as const;

function textOf(target: Partial<TargetResult>, report: Partial<RunRecord> = {}, stack = 'IntercomAllowlist'): string {
  const place = { name: stack, account: '000000000000', region: 'eu-west-1', output: () => '' };
  const targets = [quietTarget({ ...SG, ...target })];
  return reportText(reportOf({ targets, ...report }), place, { colors: pc.createColors(false), width: undefined });
}

describe('reportText', () => {
  it('shows one line for a run with nothing to do', () => {
    expect(textOf({})).toBe('No changes: 1 feed and 1 target read.');
  });

  it('shows the changes of a plan as future, and the changes of a sync as past', () => {
    const changes = { outcome: 'changed', added: ['34.0.0.9/32'], removed: ['34.0.0.1/32'] } as const;
    const target = { ...changes, byRegion: [share({ added: changes.added, removed: changes.removed })] };
    expect(textOf({ ...target, outcome: 'planned' }, { mode: 'plan' })).toMatch(
      /\+ add +34\.0\.0\.9\/32 .*\n.*- remove +34\.0\.0\.1\/32 /,
    );
    expect(textOf(target)).toMatch(/\+ added +34\.0\.0\.9\/32 .*\n.*- removed +34\.0\.0\.1\/32 /);
    expect(textOf(target)).toContain('Changed 1 target: 1 feed and 1 target read.');
  });

  it('shows every range of a long list', () => {
    const added = Array.from({ length: 2000 }, (_, i) => `34.0.${i >> 8}.${i & 255}/32`);
    const text = textOf({ outcome: 'changed', added, byRegion: [share({ added })] });
    expect(text.match(/\+ added/g)).toHaveLength(2000);
  });

  it('shows the changes that were made to a target before it failed', () => {
    const byRegion = [share({ added: ['34.0.0.9/32'] })];
    const text = textOf({ outcome: 'failed', added: ['34.0.0.9/32'], byRegion, error: 'The target is full' });
    expect(text).toMatch(/security group sg-1 +US +\+ added +34\.0\.0\.9\/32 .*\n.* +x failed +The target is full/);
    expect(text).toContain('The run failed. Changed 1 target');
  });

  it('shows why a removal is deferred and why a feed is untrusted', () => {
    const deferred = [{ range: '34.0.0.1/32', reason: 'the us feed is untrusted: HTTP 503' }];
    const feeds = [freshFeed({ status: 'failed', error: 'HTTP 503' })];
    const text = textOf({ deferred }, { feeds });
    expect(text).toMatch(/US +failed +2026-06-29 .* untrusted, so none of its ranges are removed: HTTP 503\n/);
    expect(text).toMatch(/~ deferred +34\.0\.0\.1\/32 +the us feed is untrusted: HTTP 503\n/);
  });

  it('shows the command that approves a plan, with the name of its stack', () => {
    const awaiting = {
      outcome: 'awaiting-approval',
      planId: '0123456789ab',
      error: 'Awaiting approval: too many',
    } as const;
    const byRegion = [share({ awaitingApproval: { added: [], removed: ['34.0.0.1/32'] } })];
    const text = textOf({ ...awaiting, byRegion }, {}, 'Other');
    expect(text).toMatch(/! not removed +34\.0\.0\.1\/32 +plan 0123456789ab awaits approval\n/);
    expect(text).toContain(
      'security group sg-1: Awaiting approval: too many\n  Approve it: npx intercom-allowlist approve 0123456789ab --stack Other',
    );
  });

  it('says of a change that does not fit into the target that it does not fit, and names no plan to approve', () => {
    const awaitingApproval = { added: ['34.0.0.0/20'], removed: [] };
    const full = { outcome: 'failed', planId: null, error: '61 entries would be needed' } as const;
    const text = textOf({ ...full, awaitingApproval, byRegion: [share({ awaitingApproval })] });
    expect(text).toMatch(/! not added +34\.0\.0\.0\/20 +the plan does not fit into the target\n/);
    expect(text).not.toMatch(/null|approv/);
  });

  it('offers no approval for a change that can never be approved', () => {
    const text = textOf({ outcome: 'awaiting-approval', error: 'removing all 3 entries would leave the target empty' });
    expect(text).toContain('security group sg-1: removing all 3 entries would leave the target empty');
    expect(text).not.toContain('approve');
  });
});
