import { MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Context } from 'aws-lambda';
import { Bus } from '../receiver/bus';
import { DeduplicationTable } from '../receiver/deduplication-table';
import { Aws } from '../shared/aws/aws';
import { readAwsSettings } from '../shared/aws/settings';
import { instruments } from '../shared/instruments';
import { RedriveMetric, Service } from '../shared/metrics';
import { Env } from '../shared/names';
import { OverflowQueue } from './overflow-queue';
import { Redrive, type RedriveReport } from './redrive';

const env = (key: string): string => process.env[key] ?? '';
const { logger, metrics } = instruments(Service.redrive);
const aws = new Aws(readAwsSettings(process.env));

/** Each minute, and whenever an operator invokes it: brings the notifications in the overflow to the bus. */
export async function handler(_event: unknown, context: Context): Promise<RedriveReport> {
  const redrive = new Redrive(
    new OverflowQueue(aws, env(Env.overflowQueueUrl)),
    new Bus(aws, env(Env.eventBusName)),
    new DeduplicationTable(aws, env(Env.deduplicationTable)),
  );
  const report = await redrive.run(() => context.getRemainingTimeInMillis());
  putOnRecord(report);
  return report;
}

function putOnRecord(report: RedriveReport): void {
  const { redriven, duplicates, left, warnings } = report;
  if (redriven + duplicates + left === 0 && warnings.length === 0) return;
  metrics.addMetric(RedriveMetric.redriven, MetricUnit.Count, redriven);
  metrics.addMetric(RedriveMetric.left, MetricUnit.Count, left);
  metrics.publishStoredMetrics();
  if (warnings.length === 0) {
    logger.info('Brought notifications from the overflow to the bus', { ...report });
  } else {
    logger.error('Not all went as it should. What is left stays; the next run, in a minute, tries again', {
      ...report,
    });
  }
}
