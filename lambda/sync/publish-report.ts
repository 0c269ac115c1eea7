import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { changeRecords } from '../core/report/change-records';
import { emit, metricSets } from '../core/report/metrics';
import { openingRecords } from '../core/report/opening-records';
import type { RunRecord } from '../core/report/run-record';
import { levelOf, summaryOf } from '../core/report/summary';
import { truncateForLog } from '../core/report/truncate-for-log';

/** Everything that is said of a run, all of it from the run's own record: what changed, what is open, the record, and the metrics. */
export function publishReport(report: RunRecord, milliseconds: number, logger: Logger, metrics: Metrics): void {
  for (const { message, ...record } of changeRecords(report)) logger.info(message, record);
  for (const { level, message, fields } of openingRecords(report)) logger[level](message, fields);
  logger[levelOf(report)](summaryOf(report), { record: 'run', ...truncateForLog(report) });
  if (report.mode === 'apply') emit(metricSets(report, milliseconds), metrics);
}
