import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { EventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { BundledFunction, FunctionLogs } from '../bundled-function';
import { type Overflow, REDRIVE_TIMEOUT } from './overflow';

export interface RedriveProps {
  readonly overflow: Overflow;
  readonly bus: EventBus;
  /** The table with the ids of the last 24 hours. */
  readonly deduplicationTable: Table;
  readonly environment: Record<string, string>;
}

/** Publishes the notifications of the overflow queue. To pause it, disable its event source mapping. */
export class Redrive extends Construct {
  readonly function: IFunction;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, { overflow, bus, deduplicationTable, environment }: RedriveProps) {
    super(scope, id);
    this.logGroup = new FunctionLogs(this, 'Logs', RetentionDays.ONE_MONTH);
    const handler = new BundledFunction(this, 'Function', {
      bundle: 'redrive',
      description: 'Publishes notifications from the overflow queue on the event bus',
      timeout: REDRIVE_TIMEOUT,
      logGroup: this.logGroup,
      environment,
    });
    handler.allow(
      overflow.queue.queueArn,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      // Lambda requires it for an event source mapping.
      'sqs:GetQueueAttributes',
    );
    handler.allow(deduplicationTable.tableArn, 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    handler.allow(bus.eventBusArn, 'events:PutEvents');
    handler.allow(overflow.bucket.arnForObjects('*'), 's3:PutObject');
    new EventSourceMapping(this, 'Mapping', {
      target: handler,
      eventSourceArn: overflow.queue.queueArn,
      // The maximum number of events in one PutEvents call.
      batchSize: 10,
      reportBatchItemFailures: true,
      // The minimum that Lambda allows, so that consumers can keep up with the backlog after an outage.
      maxConcurrency: 2,
    }).node.addDependency(handler.role ?? handler);
    this.function = handler;
  }
}
