import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { Bus } from '../receiver/bus';
import { Deadline } from '../receiver/deadline';
import { DeduplicationTable } from '../receiver/deduplication-table';
import { OverflowStore } from '../receiver/overflow-store';
import { Env } from '../shared/constants';
import { Service } from '../shared/metrics';
import { observability } from '../shared/observability';
import { RedriveBatch } from './redrive';

const env = (key: string): string => process.env[key] ?? '';
const { logger } = observability(Service.redrive);
const CLIENT = { maxAttempts: 2 };
const bus = new Bus(new EventBridgeClient(CLIENT), env(Env.eventBusName));
const overflow = new OverflowStore(env(Env.overflowQueueUrl), env(Env.overflowBucket));
const deduplicationTable = new DeduplicationTable(new DynamoDBClient(CLIENT), env(Env.deduplicationTable));
/** Time for logging and answering. */
const ANSWER_RESERVE_MS = 500;

/** Publishes the messages that Lambda reads from the overflow queue, and returns those that must stay there. */
export async function handler({ Records }: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  const deadline = Deadline.after(context.getRemainingTimeInMillis()).before(ANSWER_RESERVE_MS);
  const report = await new RedriveBatch(bus, overflow, deduplicationTable, deadline).run(Records);
  if (report.failed.length > 0) logger.error(FAILED, { ...report });
  else if (report.warnings.length > 0) logger.warn(`${DONE}, with warnings`, { ...report });
  else logger.info(DONE, { ...report });
  return { batchItemFailures: report.failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

const DONE = 'Published notifications from the overflow queue';
const FAILED =
  'Some notifications were not redriven. They stay in the queue and are retried every two minutes for more than a day. Your ' +
  'consumers may not have them yet. The warnings say why';
