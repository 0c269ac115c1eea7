import type { Logger } from '@aws-lambda-powertools/logger';
import { type Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { type DeliveryProblem, deliveryText } from '../core/message/delivery';
import { changeRecords } from '../core/report/change-records';
import { findingRecords } from '../core/report/finding-records';
import { fitForLog } from '../core/report/fit-for-log';
import { emit, metricSets } from '../core/report/metrics';
import type { RunRecord } from '../core/report/run-record';
import { levelOf, summaryOf } from '../core/report/summary';
import { SyncMetric } from '../shared/metrics';

/** Logs the change records, the findings and the run record, and emits the metrics of the run. */
export function publishReport(report: RunRecord, milliseconds: number, logger: Logger, metrics: Metrics): void {
  for (const { message, ...record } of changeRecords(report)) logger.info(message, record);
  for (const { level, message, fields } of findingRecords(report)) logger[level](message, fields);
  const { message, ...record } = fitForLog({ message: summaryOf(report), ...report });
  logger[levelOf(report)](message, { record: 'run', ...record });
  if (report.mode === 'apply') emit(metricSets(report, milliseconds), metrics);
}

/** Something went wrong when a run sent its messages: one warning, and a metric if a message was not sent. */
export function publishUnsent(problem: DeliveryProblem, runId: string, logger: Logger, metrics: Metrics): void {
  logger.warn(deliveryText(problem), { runId });
  if (problem.unsent === 0) return;
  metrics.addMetric(SyncMetric.messagesUnsent, MetricUnit.Count, 1);
  metrics.publishStoredMetrics();
}
