import { isAllowedDuring, type Period, periodsIn, toCsv } from '../../../bin/allowlist/periods';
import type { LoggedDiff } from '../../../bin/allowlist/sync-log';
import { parseRange } from '../../../lambda/core/ranges/range';
import { changeRecords } from '../../../lambda/core/report/change-records';
import type { RegionResult, RunRecord, TargetResult } from '../../../lambda/core/report/run-record';
import type { State } from '../../../lambda/sync/state/items';
import { quietTarget, reportOf } from '../../core/report/builders';

const A = '34.0.0.1/32';
const B = '34.0.0.2/32';
const day = (number: number) => `2026-11-0${number}T09:05:00.000Z`;
const NOTHING = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } } as const;

/** The change records of one run on a day. */
function run(
  on: number,
  byRegion: readonly Partial<RegionResult>[],
  { by = 'schedule', mode = 'apply', id = 'set', outcome = 'changed' }: Partial<RunRecord & TargetResult> = {},
): LoggedDiff[] {
  const shares = byRegion.map((share) => ({ region: 'us', inForce: 7, ...NOTHING, ...share }) as const);
  const targets = [quietTarget({ id, outcome: outcome === 'planned' ? 'planned' : 'changed', byRegion: shares })];
  return changeRecords(reportOf({ runId: `run-${on}`, by, mode, targets })).map((record) => ({
    ...record,
    time: day(on),
  }));
}

function ownedOf(target: string, ...ranges: readonly string[]): State['owned'] {
  return new Map([
    [target, ranges.map((text) => ({ range: parseRange(text), intercomRegions: ['us'], addedAt: day(1) }))],
  ]);
}

const NONE: State['owned'] = new Map();
const linesOf = (periods: readonly Period[]) =>
  periods.map(({ range, from, until, addedBy, removedBy }) => [range, from, until, addedBy, removedBy]);

describe('the periods in which ranges were allowed', () => {
  it('begin when a run adds the range and end when a run removes it, with who asked for both', () => {
    const records = [...run(1, [{ added: [A] }], { by: 'Ann' }), ...run(3, [{ removed: [A] }], { by: 'Bob' })];
    expect(periodsIn(records, NONE)).toEqual([
      {
        target: 'set',
        range: A,
        intercomRegions: ['us'],
        from: day(1),
        until: day(3),
        addedBy: 'Ann',
        addedInRun: 'run-1',
        removedBy: 'Bob',
        removedInRun: 'run-3',
      },
    ]);
  });

  it('are two if a range was removed and came back', () => {
    const records = [...run(1, [{ added: [A] }]), ...run(2, [{ removed: [A] }]), ...run(3, [{ added: [A] }])];
    expect(linesOf(periodsIn(records, ownedOf('set', A)))).toEqual([
      [A, day(1), day(2), 'schedule', 'schedule'],
      [A, day(3), null, 'schedule', null],
    ]);
  });

  it('begin at an unknown time if the range was removed, and added before the log begins', () => {
    expect(linesOf(periodsIn(run(2, [{ removed: [A] }]), NONE))).toEqual([[A, null, day(2), null, 'schedule']]);
  });

  it('begin as the ownership record says if the range is allowed now, and was added before the log begins', () => {
    expect(linesOf(periodsIn([], ownedOf('set', A)))).toEqual([[A, day(1), null, null, null]]);
  });

  it('go on after the removal of one port, while the ownership record says that the range is allowed since before', () => {
    const records = [...run(1, [{ added: [A] }]), ...run(3, [{ removed: [A] }])];
    expect(linesOf(periodsIn(records, ownedOf('set', A)))).toEqual([[A, day(1), null, 'schedule', null]]);
  });

  it('are one for a range that several Intercom regions publish', () => {
    const both = (share: Partial<RegionResult>) => [share, { ...share, region: 'eu' as const }];
    const records = [
      ...run(1, both({ added: [A] })),
      ...run(2, both({ removed: [A] })),
      ...run(3, both({ removed: [B] })),
    ];
    expect(periodsIn(records, NONE).map(({ range, intercomRegions }) => [range, intercomRegions])).toEqual([
      [A, ['us', 'eu']],
      [B, ['us', 'eu']],
    ]);
  });

  it('go on when a range that somebody else removed is restored', () => {
    const records = [...run(1, [{ added: [A] }]), ...run(2, [{ added: [A] }])];
    expect(linesOf(periodsIn(records, NONE))).toEqual([[A, day(1), null, 'schedule', null]]);
  });

  it('are those of each target by itself', () => {
    const records = [...run(1, [{ added: [A] }]), ...run(2, [{ added: [A] }], { id: 'sg-1' })];
    expect(periodsIn(records, NONE).map(({ target, from }) => [target, from])).toEqual([
      ['set', day(1)],
      ['sg-1', day(2)],
    ]);
  });

  it('are not changed by a plan', () => {
    expect(periodsIn(run(1, [{ added: [A] }], { mode: 'plan', outcome: 'planned' }), NONE)).toEqual([]);
  });

  it.each([
    ['ended before', 1, 2, false],
    ['ended in', 1, 3, true],
    ['lasts from before to after', 1, undefined, true],
    ['began in', 4, 5, true],
    ['began after', 6, 7, false],
    ['began at an unknown time and ended in', undefined, 4, true],
  ])('a period that %s a span overlaps it or not', (_rule, from, until, expected) => {
    const [period] = periodsIn(run(1, [{ added: [A] }]), NONE) as [Period];
    const times = { from: from === undefined ? null : day(from), until: until === undefined ? null : day(until) };
    const span = { since: new Date(day(3)), until: new Date(day(5)) };
    expect(isAllowedDuring({ ...period, ...times }, span)).toBe(expected);
  });
});

describe('the CSV', () => {
  it('has a head, and one row per range', () => {
    const records = [...run(1, [{ added: [A, B] }]), ...run(3, [{ removed: [A] }], { by: 'Ann, the "boss"' })];
    expect(toCsv(periodsIn(records, NONE))).toBe(
      `target,range,intercom_regions,allowed_from,allowed_until,added_by,added_in_run,removed_by,removed_in_run
set,${A},us,${day(1)},${day(3)},schedule,run-1,"Ann, the ""boss""",run-3
set,${B},us,${day(1)},,schedule,run-1,,`,
    );
  });

  it.each(['=HYPERLINK("https://example.com")', '+1', '-1', '@x'])(
    'never begins a cell with %s, which is a formula',
    (by) => {
      const csv = toCsv(periodsIn(run(1, [{ added: [A] }], { by }), NONE));
      expect(csv).not.toContain(`,${by}`);
      expect(csv).toContain(`'${by.slice(0, 2)}`);
    },
  );
});
