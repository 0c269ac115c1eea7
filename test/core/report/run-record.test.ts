import * as v from 'valibot';
import { ChangeRecord, changeRecords } from '../../../lambda/core/report/change-records';
import { RunRecord } from '../../../lambda/core/report/run-record';
import { quietTarget, reportOf } from './builders';

const isRunRecord = (value: unknown) => v.is(RunRecord, value);
const isChangeRecord = (value: unknown) => v.is(ChangeRecord, value);

const NOTHING = { removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
const report = reportOf({
  targets: [quietTarget({ byRegion: [{ region: 'us', inForce: 7, added: ['34.0.0.1/32'], ...NOTHING }] })],
});

describe('records that are read back', () => {
  it('are known, and so are those with fields that came later', () => {
    expect(isRunRecord(report)).toBe(true);
    expect(isRunRecord({ ...report, later: true })).toBe(true);
    expect(changeRecords(report).map(isChangeRecord)).toEqual([true]);
  });

  it('has null for what the log leaves out: it drops fields that are null', () => {
    const { error: _, ...line } = report;
    expect(v.parse(RunRecord, line)).toEqual(report);
  });

  it.each([
    ['nothing', null],
    ['an error', { errorType: 'Error', errorMessage: 'x' }],
    [
      'a record of a version without shares by region',
      { ...report, targets: [{ ...quietTarget(), byRegion: undefined }] },
    ],
  ])('are not taken for what they are not: %s', (_what, value) => {
    expect(isRunRecord(value)).toBe(false);
    expect(isChangeRecord(value)).toBe(false);
  });
});
