import { findingRecords } from '../../../lambda/core/report/finding-records';
import { exposureLine, findingLines, hasFindings, labelledFindings } from '../../../lambda/core/report/findings';
import { metricSets } from '../../../lambda/core/report/metrics';
import { levelOf, summaryOf } from '../../../lambda/core/report/summary';
import { truncateForLog } from '../../../lambda/core/report/truncate-for-log';
import { exposedTarget, quietTarget, reportOf, soundGuard } from './builders';

const faulty = soundGuard({ outcome: 'exposed', problems: ['Its default action is Allow', 'No rule allows IP set x'] });
const unknown = soundGuard({
  id: 'a1/live',
  kind: 'api-stage',
  outcome: 'unknown',
  problems: ['It could not be read'],
});
const accepted = exposedTarget({ acceptedExposure: 'public API' });
const listed = exposedTarget({
  exposed: false,
  exposure: [{ range: 'sg-2', ports: [443], entry: 'rule sgr-2 (tcp 443)' }],
});

describe('an exposure', () => {
  it('is described with its entry, its effect on traffic and the next step', () => {
    expect(exposureLine(exposedTarget())).toBe(
      'security group sg-1 allows 0.0.0.0/0 at port 443 by rule sgr-1 (tcp 443), beyond the allowlist: senders with these addresses reach ' +
        'the webhook. Remove the entry and then sync, because the sync adds no range that the entry covers, or accept it with the tag ' +
        'intercom-allowlist:accept-exposure and the reason as its value',
    );
  });

  it('names the widest entry and counts the others', () => {
    const exposure = ['0.0.0.0/0', '10.0.0.0/8', '::/0'].map((range) => ({
      range,
      ports: [],
      entry: `entry ${range}`,
    }));
    expect(exposureLine(exposedTarget({ exposure }))).toContain(
      'allows 0.0.0.0/0 by entry 0.0.0.0/0 and 2 more, beyond',
    );
  });

  it('with more entries than a log line lists still counts all of them', () => {
    const exposure = Array.from({ length: 700 }, (_, i) => ({ range: `10.${i}.0.0/16`, ports: [], entry: 'x' }));
    expect(exposureLine(truncateForLog(exposedTarget({ exposure })))).toContain(
      '10.0.0.0/16 by x and 699 more, beyond',
    );
  });

  it('of an IP set does not mention the tag, which cannot accept it', () => {
    const id = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/partners/1';
    expect(exposureLine(exposedTarget({ kind: 'ip-set', id }))).not.toContain('accept');
  });

  it.each([
    ['a target that others have opened', { targets: [exposedTarget()] }, 1],
    ['each problem of a guard', { guards: [faulty] }, 2],
    ['a guard that could not be read', { guards: [unknown] }, 1],
    ['no exposure that is accepted', { targets: [accepted] }, 0],
    ['no entry that does not expose the target', { targets: [listed] }, 0],
    ['no guard that does its job', { guards: [soundGuard({ notes: ['Rules of others: x'] })] }, 0],
  ])('counts %s', (_case, overrides, lines) => {
    const record = reportOf(overrides);
    expect(findingLines(record)).toHaveLength(lines);
    expect(hasFindings(record)).toBe(lines > 0);
  });
});

it('an exposed target is labelled EXPOSED, and a guard PROBLEM, because a guard that fails can also block everyone', () => {
  const labels = labelledFindings({ targets: [exposedTarget(), accepted], guards: [faulty, unknown] });
  expect(labels.map((line) => line.split(': ')[0])).toEqual(['EXPOSED', 'PROBLEM', 'PROBLEM', 'PROBLEM']);
});

describe('a run with an exposure or a problem of a guard', () => {
  const record = reportOf({ targets: [quietTarget(), exposedTarget()], guards: [faulty] });

  it('is in sync, and lists both in its summary', () => {
    expect(record.outcome).toBe('in-sync');
    expect(summaryOf(record)).toMatch(
      /^Sync in-sync: .*\. EXPOSED: security group sg-1 allows 0\.0\.0\.0\/0 .*\. PROBLEM: web ACL IntercomAllowlist: Its default action is Allow\. PROBLEM: web ACL/,
    );
  });

  it('lists both in its summary even if it failed', () => {
    expect(summaryOf({ ...record, outcome: 'failed', error: 'No time left' })).toMatch(
      /^Sync failed\. No time left\. EXPOSED: security group/,
    );
  });

  it('is logged at least at level warn', () => {
    expect(levelOf(record)).toBe('warn');
    expect(levelOf(reportOf({ targets: [accepted] }))).toBe('info');
  });

  it('publishes the numbers of exposed targets and problems', () => {
    const valuesOf = (of: typeof record) => metricSets(of, 1)[0]?.values ?? {};
    expect(valuesOf(record)).toMatchObject({ ExposedTargets: 1, GuardProblems: 2 });
    expect(valuesOf(reportOf({ targets: [accepted, listed] }))).toEqual({
      GoodRuns: 1,
      RunDuration: 1,
      ExposedTargets: 0,
      PlansAwaitingApproval: 0,
    });
  });
});

describe('the log', () => {
  it('has one record per target with an exposure, and one per problem', () => {
    const records = findingRecords(
      reportOf({ targets: [quietTarget(), exposedTarget(), accepted, listed], guards: [faulty] }),
    );
    expect(records.map(({ level, fields: { record, target, guard } }) => [level, record, target ?? guard])).toEqual([
      ['warn', 'exposure', 'sg-1'],
      ['info', 'exposure', 'sg-1'],
      ['info', 'exposure', 'sg-1'],
      ['warn', 'guard', faulty.id],
      ['warn', 'guard', faulty.id],
    ]);
    expect(records[1]?.message).toMatch(/beyond the allowlist\. Accepted: public API$/);
    expect(records[3]?.message).toBe('web ACL IntercomAllowlist: Its default action is Allow');
  });

  it('lists the twenty widest entries of an exposure, with the total number', () => {
    const exposure = Array.from({ length: 30 }, (_, i) => ({ range: `10.${i}.0.0/16`, ports: [], entry: 'x' }));
    const [record] = findingRecords(reportOf({ targets: [exposedTarget({ exposure })] }));
    expect(record?.fields).toMatchObject({
      exposure: exposure.slice(0, 20),
      entries: 30,
      exposed: true,
      accepted: null,
    });
  });
});
