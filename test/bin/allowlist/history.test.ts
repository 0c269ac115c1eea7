import { foldRepeats, readPeriods, spanOf } from '../../../bin/allowlist/commands/history';
import type { LoggedDiff } from '../../../bin/allowlist/sync-log';
import { changeRecords } from '../../../lambda/core/report/change-records';
import type { RegionResult } from '../../../lambda/core/report/run-record';
import { quietTarget, reportOf } from '../../core/report/builders';
import { logOf } from './logs';

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

  it('does not fold records that are more than three hours apart: runs are hourly, so they are about different times', () => {
    const entries = foldRepeats([
      ...recordsAt(1, 'set', pending),
      ...recordsAt(4, 'set', pending),
      ...recordsAt(8, 'set', pending),
    ]);
    expect(entries.map(({ time, times }) => [time.slice(11, 16), times])).toEqual([
      ['01:05', 2],
      ['08:05', 1],
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

describe('the periods of a span', () => {
  const [added] = recordsAt(1, 'set', { added: ['34.0.0.1/32'] });
  const [removed] = recordsAt(5, 'set', { removed: ['34.0.0.1/32', '34.0.0.2/32'] });
  const span = { since: new Date('2026-11-24T02:00:00.000Z'), until: new Date('2026-11-24T03:00:00.000Z') };

  it('begin and end when they did, even if that was before and after the span', async () => {
    const periods = await readPeriods(logOf([added, removed] as LoggedDiff[]), new Map(), span);
    expect(periods).toMatchObject([
      { range: '34.0.0.1/32', from: '2026-11-24T01:05:00.000Z', until: '2026-11-24T05:05:00.000Z' },
      { range: '34.0.0.2/32', from: null, until: '2026-11-24T05:05:00.000Z' },
    ]);
  });
});

describe('the time that history shows', () => {
  const now = new Date('2026-11-24T10:05:00.000Z');
  const at = (text: string) => new Date(text);
  const given = (options: Parameters<typeof spanOf>[0]) =>
    Object.values(spanOf(options, now)).map((time) => time.toISOString().slice(0, 10));

  it('is the 30 days before --until, however long ago that is', () => {
    expect(given({ until: at('2026-09-30T23:59:59.999Z') })).toEqual(['2026-08-31', '2026-09-30']);
  });

  it('is as many days before --until as --days says', () => {
    expect(given({ days: 7, until: at('2026-09-30T12:00:00.000Z') })).toEqual(['2026-09-23', '2026-09-30']);
  });

  it('ends now unless --until is given, and begins at --since if that is given', () => {
    expect(given({})).toEqual(['2026-10-25', '2026-11-24']);
    expect(given({ since: at('2026-01-01T00:00:00.000Z') })).toEqual(['2026-01-01', '2026-11-24']);
  });
});
