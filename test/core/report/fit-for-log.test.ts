import * as v from 'valibot';
import { fitForLog } from '../../../lambda/core/report/fit-for-log';
import { RunRecord, type TargetResult } from '../../../lambda/core/report/run-record';
import { summaryOf } from '../../../lambda/core/report/summary';
import { exposedTarget, freshFeed, quietTarget, reportOf } from './builders';

const LOG_EVENT = 256 * 1024;
const NOTHING = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
const REGIONS = ['us', 'eu', 'au'] as const;

const sg = (i: number) => `sg-${i.toString(16).padStart(17, '0')}`;
const many = (number: number, of: (i: number) => Partial<TargetResult>) =>
  Array.from({ length: number }, (_, i) => quietTarget({ id: sg(i), kind: 'security-group', ...of(i) }));
const ranges = (number: number) => Array.from({ length: number }, (_, i) => `34.${i >> 8}.${i & 255}.1/32`);
const inForce = REGIONS.map((region) => ({ region, inForce: 7, ...NOTHING }));
const failing = (i: number) => ({
  outcome: 'failed' as const,
  error:
    `Could not read security group ${sg(i)}: RequestLimitExceeded: Request ${i} exceeds the limit. What it allows stays in force; ranges ` +
    'published since are not in it. AWS throttled every retry. The next scheduled run tries again; if this continues, find what else calls it',
});

/** The record as a reader of the log line sees it, and the size of the line. */
function logged(report: RunRecord) {
  const line = JSON.stringify(fitForLog({ message: summaryOf(report), ...report }));
  return {
    read: v.parse(RunRecord, JSON.parse(line)),
    bytes: Buffer.byteLength(line),
    message: JSON.parse(line).message,
  };
}

it('a record that fits into a log event is logged whole', () => {
  const report = reportOf({ targets: many(100, () => ({ byRegion: inForce })) });
  expect(logged(report).read).toEqual(report);
});

it('the record of a thousand targets in sync fits, with every target as it was', () => {
  const report = reportOf({ targets: many(1000, () => ({ byRegion: inForce })) });
  const { read, bytes } = logged(report);
  expect(bytes).toBeLessThan(LOG_EVENT);
  expect(read.targets).toEqual(report.targets);
  expect(read.shortened).toContain('targets have only the fields that differ from the default');
});

it('the record of five hundred failed targets with different errors fits, with every target and the start of its error', () => {
  const { read, bytes, message } = logged(reportOf({ targets: many(500, failing) }));
  expect(bytes).toBeLessThan(LOG_EVENT);
  expect(read.outcome).toBe('failed');
  expect(read.targets).toHaveLength(500);
  expect(read.targets[499]?.error).toMatch(/^Could not read security group sg-/);
  for (const text of [message, read.error]) expect(text).toContain('And 490 more targets failed');
});

it('long lists are shortened before anything is left out of the targets', () => {
  const added = ranges(300);
  const byRegion = [{ region: 'us' as const, inForce: 300, ...NOTHING, added }];
  const { read, bytes } = logged(reportOf({ targets: many(60, () => ({ outcome: 'changed', added, byRegion })) }));
  expect(bytes).toBeLessThan(LOG_EVENT);
  expect(read.targets[0]?.added.at(-1)).toBe('... and 280 more');
  expect(read.targets[0]?.byRegion[0]?.added).toHaveLength(21);
  expect(read.shortened).toBe('The record did not fit into one log event: lists end after 20 items');
});

it('the ranges of the regions are left out before those of the targets', () => {
  const added = ranges(20);
  const byRegion = REGIONS.map((region) => ({ region, inForce: 20, ...NOTHING, added }));
  const { read } = logged(reportOf({ targets: many(180, () => ({ outcome: 'changed', added, byRegion })) }));
  expect(read.targets[0]).toMatchObject({
    added,
    byRegion: REGIONS.map((region) => ({ region, inForce: 20, ...NOTHING })),
  });
  expect(read.shortened).toMatch(/; byRegion has only the number of ranges in force$/);
});

it('of more targets than fit, those that need attention are kept, and the others are counted', () => {
  const targets = [
    ...many(9000, () => ({ byRegion: inForce })),
    quietTarget({ id: 'sg-1', ...failing(1) }),
    exposedTarget(),
  ];
  const { read, bytes } = logged(reportOf({ targets }));
  expect(bytes).toBeLessThan(LOG_EVENT);
  expect(read.targets.slice(0, 2).map(({ outcome, exposed }) => [outcome, exposed])).toEqual([
    ['failed', false],
    ['in-sync', true],
  ]);
  expect(read.shortened).toContain(`${9002 - read.targets.length} of 9002 targets are missing`);
});

it('texts of any length and alphabet fit', () => {
  const text = '\u{10ffff}\u0000"'.repeat(1000);
  const guards = [{ id: text, kind: 'api-stage', outcome: 'exposed', problems: [text], notes: [text] }] as const;
  const feeds = [freshFeed({ rejected: [{ range: text, reason: text }], error: text })];
  const { read, bytes } = logged({
    ...reportOf({ targets: many(300, () => ({ error: text })), guards, feeds }),
    error: text,
  });
  expect(bytes).toBeLessThan(LOG_EVENT);
  expect(read.targets.length).toBeGreaterThan(200);
});
