import { metricSets } from '../../../lambda/core/report/metrics';
import { openingRecords } from '../../../lambda/core/report/opening-records';
import { exposureLine, hasOpenings, openingLines } from '../../../lambda/core/report/openings';
import { levelOf, summaryOf } from '../../../lambda/core/report/summary';
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

describe('what is open', () => {
  it('an exposed target is said with its entry, what it means, and what to do', () => {
    expect(exposureLine(exposedTarget())).toBe(
      'security group sg-1 lets in 0.0.0.0/0 at port 443 by rule sgr-1 (tcp 443), beyond the allowlist: whoever has such an address ' +
        'passes here. Remove that entry and sync at once, because the sync adds no range that the entry covers, or accept it by the tag ' +
        'intercom-allowlist:accept-exposure with the reason as its value',
    );
  });

  it('the widest entry is named, and the others are counted', () => {
    const exposure = ['0.0.0.0/0', '10.0.0.0/8', '::/0'].map((range) => ({
      range,
      ports: [],
      entry: `entry ${range}`,
    }));
    expect(exposureLine(exposedTarget({ exposure }))).toContain(
      'lets in 0.0.0.0/0 by entry 0.0.0.0/0 and 2 more, beyond',
    );
  });

  it('an IP set cannot be accepted by a tag, so its line does not offer that', () => {
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
    expect(openingLines(record)).toHaveLength(lines);
    expect(hasOpenings(record)).toBe(lines > 0);
  });
});

describe('a run with something open', () => {
  const record = reportOf({ targets: [quietTarget(), exposedTarget()], guards: [faulty] });

  it('is in sync, and says in its one line what is open', () => {
    expect(record.outcome).toBe('in-sync');
    expect(summaryOf(record)).toMatch(
      /^Sync in-sync: .*\. OPEN: security group sg-1 lets in 0\.0\.0\.0\/0 .*\. OPEN: web ACL IntercomAllowlist: Its default action is Allow\. OPEN: web ACL/,
    );
  });

  it('says it also when it failed', () => {
    expect(summaryOf({ ...record, outcome: 'failed', error: 'No time left' })).toMatch(
      /^Sync failed\. No time left\. OPEN: security group/,
    );
  });

  it('is at least a warning', () => {
    expect(levelOf(record)).toBe('warn');
    expect(levelOf(reportOf({ targets: [accepted] }))).toBe('info');
  });

  it('publishes the number of exposed targets and of problems, and neither if it is zero', () => {
    const valuesOf = (of: typeof record) => metricSets(of, 1)[0]?.values ?? {};
    expect(valuesOf(record)).toMatchObject({ ExposedTargets: 1, GuardProblems: 2 });
    expect(Object.keys(valuesOf(reportOf({ targets: [accepted, listed] })))).toEqual(['GoodRuns', 'RunDuration']);
  });
});

describe('the log', () => {
  it('has one record for each target with an exposure, and one for each problem', () => {
    const records = openingRecords(
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

  it('lists the twenty widest entries of an exposure, and how many there are', () => {
    const exposure = Array.from({ length: 30 }, (_, i) => ({ range: `10.${i}.0.0/16`, ports: [], entry: 'x' }));
    const [record] = openingRecords(reportOf({ targets: [exposedTarget({ exposure })] }));
    expect(record?.fields).toMatchObject({
      exposure: exposure.slice(0, 20),
      entries: 30,
      exposed: true,
      accepted: null,
    });
  });
});
