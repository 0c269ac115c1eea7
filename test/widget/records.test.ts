import { changeRecords } from '../../lambda/core/report/change-records';
import { changesIn, type LogLine, runsIn } from '../../lambda/widget/records';
import { quietTarget, reportOf } from '../core/report/builders';

const NOON = Date.parse('2026-11-25T12:00:00Z');

function line(minute: number, record: object): LogLine {
  return { timestamp: NOON + minute * 60_000, message: JSON.stringify({ level: 'INFO', message: 'said', ...record }) };
}

/** The lines that the sync writes. */
function diffLines(runId: string, minute: number, added: string[], targets = ['set', 'sg-1']): LogLine[] {
  const nothing = { removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
  const byRegion = [{ region: 'us' as const, inForce: 7, added, ...nothing }];
  const report = reportOf({ runId, targets: targets.map((id) => quietTarget({ id, byRegion })) });
  return changeRecords(report).map((record) => line(minute, record));
}

describe('runs in the log', () => {
  it('are those that the sync wrote, latest first, with their outcome', () => {
    const lines = [
      line(0, { record: 'run', ...reportOf({ runId: 'a' }) }),
      line(2, { record: 'run', ...reportOf({ runId: 'b', outcome: 'failed' }) }),
      line(1, { record: 'run', level: 'WARN', ...reportOf({ runId: 'c' }) }),
    ];
    expect(runsIn(lines).map(({ runId, at, outcome, message }) => [runId, at, outcome, message])).toEqual([
      ['b', '2026-11-25T12:02:00.000Z', 'failed', 'said'],
      ['c', '2026-11-25T12:01:00.000Z', 'in-sync', 'said'],
      ['a', '2026-11-25T12:00:00.000Z', 'in-sync', 'said'],
    ]);
  });

  it.each([
    'START RequestId: 3f1c2b9e',
    '{"record":"run"',
    'null',
    '{"record":"run","level":"INFO"}',
    JSON.stringify(reportOf()),
  ])('are not %s', (message) => {
    expect(runsIn([{ timestamp: NOON, message }])).toEqual([]);
  });
});

describe('changes in the log', () => {
  it('are one per run and region, with each range once', () => {
    expect(changesIn(diffLines('a', 3, ['34.0.0.1/32', '34.0.0.2/32']))).toEqual([
      { at: '2026-11-25T12:03:00.000Z', runId: 'a', region: 'us', added: ['34.0.0.1/32', '34.0.0.2/32'], removed: [] },
    ]);
  });

  it('are complete, even if they were written in parts', () => {
    const added = Array.from({ length: 2500 }, (_, i) => `34.0.${i >> 8}.${i & 255}/32`);
    const [change, ...others] = changesIn(diffLines('a', 0, added));
    expect(others).toEqual([]);
    expect(change?.added).toEqual(added);
  });

  it('are sorted latest first, separately for each run', () => {
    const lines = [...diffLines('a', 0, ['34.0.0.1/32']), ...diffLines('b', 9, ['34.0.0.1/32'])];
    expect(changesIn(lines).map(({ runId }) => runId)).toEqual(['b', 'a']);
  });

  it('are not ranges that await approval or that a plan would change', () => {
    const [diff = line(0, {})] = diffLines('a', 0, ['34.0.0.1/32']);
    const record = JSON.parse(diff.message);
    const others = [
      { ...record, mode: 'plan' },
      { ...record, added: [], pending: ['34.0.0.1/32'] },
    ];
    expect(changesIn(others.map((other) => line(0, other)))).toEqual([]);
  });
});
