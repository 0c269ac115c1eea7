import { countLogged, namedIn, omittedFrom, truncateForLog } from '../../../lambda/core/report/truncate-for-log';
import { quietTarget, reportOf } from './builders';

const ranges = (count: number) => Array.from({ length: count }, (_, i) => `34.${i >> 8}.${i & 255}.1/32`);

it('a record with short lists is not truncated', () => {
  const report = reportOf({ targets: [quietTarget({ added: ranges(500) })] });
  expect(truncateForLog(report)).toEqual(report);
});

it('a long list of ranges ends with the number of omitted ranges', () => {
  const [target] = truncateForLog(reportOf({ targets: [quietTarget({ added: ranges(502) })] })).targets;
  expect(target?.added).toHaveLength(501);
  expect(target?.added.at(-1)).toBe('... and 2 more');
});

it('a long list of ranges with reasons ends with the number of omitted ranges, in the same form', () => {
  const deferred = ranges(501).map((range) => ({ range, reason: 'the us feed is untrusted' }));
  const [target] = truncateForLog(reportOf({ targets: [quietTarget({ deferred })] })).targets;
  expect(target?.deferred.at(-1)).toEqual({ range: '... and 1 more', reason: 'the us feed is untrusted' });
});

it('a truncated record contains every target', () => {
  const targets = Array.from({ length: 1001 }, (_, i) => quietTarget({ id: `sg-${i}` }));
  expect(truncateForLog(reportOf({ targets })).targets).toEqual(targets);
});

it('the record of a first fill of a full IP set fits into a log event', () => {
  const added = ranges(10_000);
  const share = { region: 'us', inForce: added.length, added, removed: [], pendingRemoval: [] } as const;
  const target = quietTarget({ added, byRegion: [{ ...share, awaitingApproval: { added: [], removed: [] } }] });
  expect(JSON.stringify(truncateForLog(reportOf({ targets: [target] }))).length).toBeLessThan(256 * 1024);
});

describe('a list of a truncated record', () => {
  const logged = (count: number) => truncateForLog({ list: ranges(count) }).list;

  it.each([0, 1, 500, 501, 5000])('of %d ranges still counts as that many, and names only ranges', (count) => {
    const named = namedIn(logged(count));
    expect(countLogged(logged(count))).toBe(count);
    expect(named).toEqual(ranges(Math.min(count, 500)));
    expect(omittedFrom(logged(count))).toBe(count - named.length);
  });

  it.each([20, 21, 500, 501, 5000])('of %d ranges counts as that many after it is truncated further', (count) => {
    const { list } = truncateForLog({ list: logged(count) }, 20);
    expect(countLogged(list)).toBe(count);
    expect(namedIn(list)).toEqual(ranges(20));
  });

  it('of objects about ranges is counted and named alike', () => {
    const { list } = truncateForLog({ list: ranges(502).map((range) => ({ range, reason: 'deferred' })) });
    expect(countLogged(list)).toBe(502);
    expect(namedIn(list)).toHaveLength(500);
  });

  it('is not taken for truncated if it is short, whatever a feed wrote into it', () => {
    const rejected = [{ range: '... and 4500 more', reason: 'not an address or CIDR' }];
    expect(countLogged(rejected)).toBe(1);
    expect(namedIn(rejected)).toEqual(rejected);
  });
});
