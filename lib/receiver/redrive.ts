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
  /** The ids of the last 24 hours. */
  readonly deduplicationTable: Table;
  readonly environment: Record<string, string>;
}

/** Publishes what arrives in the overflow queue. To pause it, disable its event source mapping. */
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
      // Lambda demands it of a mapping.
      'sqs:GetQueueAttributes',
    );
    handler.allow(deduplicationTable.tableArn, 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    handler.allow(bus.eventBusArn, 'events:PutEvents');
    handler.allow(overflow.bucket.arnForObjects('*'), 's3:PutObject');
    new EventSourceMapping(this, 'Mapping', {
      target: handler,
      eventSourceArn: overflow.queue.queueArn,
      // As many events as EventBridge takes in one call.
      batchSize: 10,
      reportBatchItemFailures: true,
      // The fewest that Lambda allows: after an outage consumers get the backlog at a rate that they may be able to follow.
      maxConcurrency: 2,
    }).node.addDependency(handler.role ?? handler);
    this.function = handler;
  }
}
