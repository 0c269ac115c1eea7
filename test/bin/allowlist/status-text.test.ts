import pc from 'picocolors';
import type { Status, TargetStatus } from '../../../bin/allowlist/status';
import { statusText } from '../../../bin/allowlist/status-text';
import { truncateForLog } from '../../../lambda/core/report/truncate-for-log';
import { ago } from '../../../lambda/shared/time';
import { freshFeed, soundGuard } from '../../core/report/builders';

const STACK = { name: 'Allow', account: '111122223333', region: 'eu-west-1' };
const NOW = new Date('2026-11-24T10:05:00.000Z');
const SET = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/Allow-v4/0f1e2d3c';

function textOf(found: Partial<Status>): string {
  const plans = { pending: [], waiting: [], blocked: [], declined: [] };
  const nothing = { stack: STACK, lastRun: null, feeds: [], targets: [], guards: [], ...plans };
  const terminal = { colors: pc.createColors(false), width: undefined };
  return statusText({ ...nothing, ...found }, { ...STACK, output: () => '' }, NOW, terminal);
}

const target = (ranges: TargetStatus['ranges'], overrides: Partial<TargetStatus> = {}): TargetStatus => ({
  id: SET,
  kind: 'ip-set',
  ranges,
  exposed: false,
  exposure: [],
  acceptedExposure: null,
  error: null,
  ...overrides,
});

const range = (text: string, intercomRegions: readonly string[] = ['us']) => ({
  range: text,
  ports: [],
  intercomRegions,
  since: null,
  absentSince: null,
});

describe('statusText', () => {
  it('warns if there was no run', () => {
    expect(textOf({})).toMatch(/No run in the last 30 days, so .* may be blocked\. Check that the schedule is enabled/);
  });

  it('shows a run with failed targets as failed, even if it changed others', () => {
    const lastRun = {
      time: '2026-11-24T09:05:00.000Z',
      runId: 'run-1',
      outcome: 'changed',
      failures: ['Target sg-1: gone'],
    } as const;
    expect(textOf({ lastRun })).toContain('Last run 2026-11-24 09:05 UTC, 60 minutes ago: failed. Target sg-1: gone');
  });

  it('shows the age of a feed in whole days, and marks a feed without a date', () => {
    const feeds = [
      freshFeed({ date: '2026-11-24' }),
      freshFeed({ region: 'eu', status: 'stale', date: '2026-11-20' }),
      freshFeed({ region: 'au', date: null }),
    ];
    const text = textOf({ feeds });
    expect(text).toMatch(/US +fresh +2026-11-24 +today +2\n/);
    expect(text).toMatch(/EU +stale +2026-11-20 +4 days +2\n/);
    expect(text).toMatch(/AU +fresh +undated +2\n/);
  });

  it('counts the ranges that it does not list, and shows entries without an ownership record as unknown', () => {
    const many = Array.from({ length: 15 }, (_, i) => range(`34.0.0.${i}/32`));
    const ranges = [...many, range('35.0.0.1/32', []), range('36.0.0.1/32', ['us', 'eu'])];
    const text = textOf({ targets: [target(ranges)] });
    expect(text).toMatch(/IP set Allow-v4 +US +16 .*34\.0\.0\.11\/32 and 4 more \(--json lists all\)\n/);
    expect(text).toMatch(/IP set Allow-v4 +EU +1 +36\.0\.0\.1\/32\n/);
    expect(text).toMatch(/IP set Allow-v4 +unknown +1 +35\.0\.0\.1\/32/);
  });

  it('counts all ranges of a feed and of a declined plan, though the log lists only the first ones', () => {
    const ranges = Array.from({ length: 5000 }, (_, i) => `34.${i >> 8}.${i & 255}.1/32`);
    const declined = { planId: '0123456789ab', target: SET, added: ranges, removed: [], by: 'Ann', at: null };
    const text = textOf(truncateForLog({ feeds: [freshFeed({ ranges, date: null })], declined: [declined] }));
    expect(text).toMatch(/US +fresh +undated +5000\n/);
    expect(text).toContain('5000 ranges not added, 0 ranges not removed');
  });

  it('does not announce a removal time in the past', () => {
    const removal = {
      range: '34.0.0.1/32',
      intercomRegions: ['us'],
      target: SET,
      absentSince: '2026-11-22T09:05:00.000Z',
    };
    const pending = ['2026-11-23T09:05:00.000Z', '2026-11-25T09:05:00.000Z'].map((removeAfter) => ({
      ...removal,
      removeAfter,
    }));
    expect(textOf({ pending })).toMatch(/US +the next run, unless deferred .*\n.*US +2026-11-25 09:05 UTC /);
  });
});

test.each([
  [-5, 'just now'],
  [59, 'just now'],
  [60, '1 minute ago'],
  [119 * 60, '119 minutes ago'],
  [120 * 60, '2 hours ago'],
  [47 * 3600, '47 hours ago'],
  [49 * 3600, '2 days ago'],
])('ago() formats %d seconds as "%s"', (seconds, words) => {
  expect(ago(new Date(NOW.getTime() - seconds * 1000), NOW)).toBe(words);
});

describe('exposures and guards', () => {
  it('shows exposures first, and entries of others in a column', () => {
    const exposure = [
      { range: '0.0.0.0/0', ports: [443], entry: 'rule sgr-1 (tcp 443)' },
      { range: 'sg-2', ports: [443], entry: 'rule sgr-2 (tcp 443)' },
    ];
    const opened = target([], { id: 'sg-1', kind: 'security-group', exposed: true, exposure });
    const text = textOf({ targets: [target([range('34.0.0.1/32')]), opened] });
    expect(text).toMatch(/^EXPOSED: security group sg-1 allows 0\.0\.0\.0\/0 at port 443 by rule sgr-1/);
    expect(text).toMatch(/TARGET +OTHERS ALLOW +REGION/);
    expect(text).toMatch(/security group sg-1 +0\.0\.0\.0\/0 and 1 more +0 +nothing/);
    expect(text).toMatch(/IP set Allow-v4 +US +1 +34\.0\.0\.1\/32/);
  });

  it('shows an accepted exposure with its reason, but not among the exposures', () => {
    const exposure = [{ range: '0.0.0.0/0', ports: [443], entry: 'rule sgr-1 (tcp 443)' }];
    const accepted = target([], { exposed: true, exposure, acceptedExposure: 'public API' });
    const text = textOf({ targets: [accepted] });
    expect(text).not.toContain('EXPOSED:');
    expect(text).toContain('0.0.0.0/0 (accepted: public API)');
  });

  it('lists the guards with their outcomes and notes', () => {
    const counting = soundGuard({ outcome: 'counting', notes: ['It counts and blocks nothing'] });
    const problem = soundGuard({ id: 'a1/live', kind: 'api-stage', outcome: 'exposed', problems: ['It is private'] });
    const text = textOf({ guards: [counting, problem] });
    expect(text).toMatch(/^PROBLEM: API stage a1\/live: It is private\n/);
    expect(text).toMatch(/web ACL IntercomAllowlist +counting +It counts and blocks nothing\n/);
    expect(text).toMatch(/API stage a1\/live +exposed +1 problem, see above/);
  });
});
