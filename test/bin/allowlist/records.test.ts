import { isDiffRecord, isSyncReport } from '../../../bin/allowlist/records';
import { diffRecords } from '../../../lambda/core/report/change-records';
import { quietTarget, reportOf } from '../../core/report/builders';

const NOTHING = { removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
const report = reportOf({
  targets: [quietTarget({ intercomRegions: [{ region: 'us', inForce: 7, added: ['34.0.0.1/32'], ...NOTHING }] })],
});

describe('records that are read back', () => {
  it('are known, and so are those with fields that came later', () => {
    expect(isSyncReport(report)).toBe(true);
    expect(isSyncReport({ ...report, later: true })).toBe(true);
    expect(diffRecords(report).map(isDiffRecord)).toEqual([true]);
  });

  it.each([
    ['nothing', null],
    ['an error', { errorType: 'Error', errorMessage: 'x' }],
    [
      'a record of a version without shares by region',
      { ...report, targets: [{ ...quietTarget(), intercomRegions: undefined }] },
    ],
  ])('are not taken for what they are not: %s', (_what, value) => {
    expect(isSyncReport(value)).toBe(false);
    expect(isDiffRecord(value)).toBe(false);
  });
});
