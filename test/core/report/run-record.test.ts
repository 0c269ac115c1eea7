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

describe('a record read from the log', () => {
  it('is valid, also with fields of later versions', () => {
    expect(isRunRecord(report)).toBe(true);
    expect(isRunRecord({ ...report, later: true })).toBe(true);
    expect(changeRecords(report).map(isChangeRecord)).toEqual([true]);
  });

  it('has null for the fields that the log omits because they are null', () => {
    const { error: _, ...line } = report;
    expect(v.parse(RunRecord, line)).toEqual(report);
  });

  it.each([
    ['null', null],
    ['an error', { errorType: 'Error', errorMessage: 'x' }],
    [
      'a record of a version without results by region',
      { ...report, targets: [{ ...quietTarget(), byRegion: undefined }] },
    ],
  ])('is invalid if it is %s', (_what, value) => {
    expect(isRunRecord(value)).toBe(false);
    expect(isChangeRecord(value)).toBe(false);
  });
});
