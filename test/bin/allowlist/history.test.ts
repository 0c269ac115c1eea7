import { foldRepeats } from '../../../bin/allowlist/commands/history';
import type { LoggedDiff } from '../../../bin/allowlist/sync-log';
import { changeRecords } from '../../../lambda/core/report/change-records';
import type { RegionResult } from '../../../lambda/core/report/run-record';
import { quietTarget, reportOf } from '../../core/report/builders';

const NOTHING = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } } as const;

function recordsAt(hour: number, target: string, share: Partial<RegionResult>): LoggedDiff[] {
  const byRegion = [{ region: 'us', inForce: 7, ...NOTHING, ...share } as const];
  const time = `2026-11-24T0${hour}:05:00.000Z`;
  return changeRecords(reportOf({ targets: [quietTarget({ id: target, byRegion })] })).map((record) => ({
    ...record,
    time,
  }));
}

describe('foldRepeats', () => {
  const pending = { pendingRemoval: ['34.0.0.1/32'] };

  it('lists a repeated record of a target once, with the number of repetitions', () => {
    const entries = foldRepeats([
      ...recordsAt(1, 'set', pending),
      ...recordsAt(1, 'group', pending),
      ...recordsAt(2, 'set', pending),
      ...recordsAt(3, 'set', pending),
      ...recordsAt(3, 'group', { pendingRemoval: ['34.0.0.2/32'] }),
    ]);
    expect(
      entries.map(({ target, time, until, times }) => [target, time.slice(11, 16), until.slice(11, 16), times]),
    ).toEqual([
      ['set', '01:05', '03:05', 3],
      ['group', '01:05', '01:05', 1],
      ['group', '03:05', '03:05', 1],
    ]);
  });

  it('never folds changes, or equal records before and after a change', () => {
    const added = { added: ['34.0.0.9/32'] };
    const entries = foldRepeats([
      ...recordsAt(1, 'set', pending),
      ...recordsAt(2, 'set', added),
      ...recordsAt(3, 'set', added),
      ...recordsAt(4, 'set', pending),
    ]);
    expect(entries.map(({ times }) => times)).toEqual([1, 1, 1, 1]);
  });

  it('folds each part of a long list separately', () => {
    const many = Array.from({ length: 1500 }, (_, i) => `34.0.${i >> 8}.${i & 255}/32`);
    const twice = [...recordsAt(1, 'set', { pendingRemoval: many }), ...recordsAt(2, 'set', { pendingRemoval: many })];
    expect(foldRepeats(twice).map(({ part, times }) => [part, times])).toEqual([
      [1, 2],
      [2, 2],
    ]);
  });
});
