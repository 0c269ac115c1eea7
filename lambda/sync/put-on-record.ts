import type { Logger } from '@aws-lambda-powertools/logger';
import type { Metrics } from '@aws-lambda-powertools/metrics';
import { diffRecords } from './diff-records';
import { emit, metricSets } from './metrics';
import type { SyncReport } from './report';
import { shortened } from './shortened';
import { levelOf, summaryOf } from './summary';

/** Everything that is said of a run, all of it from the run's own record: what changed, the record, and the metrics. */
export function putOnRecord(report: SyncReport, milliseconds: number, logger: Logger, metrics: Metrics): void {
  for (const { message, ...record } of diffRecords(report)) logger.info(message, record);
  logger[levelOf(report)](summaryOf(report), { record: 'run', ...shortened(report) });
  if (report.mode === 'apply') emit(metricSets(report, milliseconds), metrics);
}
