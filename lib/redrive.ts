import { Duration, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { acknowledge, anyVersionOf } from './acknowledge';
import { BundledFunction, FunctionLogs } from './bundled-function';
import type { Spill } from './spill';

export interface RedriveProps {
  readonly spill: Spill;
  readonly bus: EventBus;
  /** The ids of the last 24 hours. */
  readonly seenIds: Table;
  readonly environment: Record<string, string>;
}

/** The function that brings what is in the spill to the bus, each minute. */
export class Redrive extends Construct {
  readonly function: IFunction;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, { spill, bus, seenIds, environment }: RedriveProps) {
    super(scope, id);
    this.logGroup = new FunctionLogs(this, 'Logs', RetentionDays.ONE_MONTH);
    const handler = new BundledFunction(this, 'Function', {
      bundle: 'redrive',
      description: 'Brings spilled notifications to the event bus, oldest first',
      // The next run begins a minute later: two at a time would mix the order up.
      timeout: Duration.seconds(55),
      logGroup: this.logGroup,
      environment,
    });
    handler.allow(spill.queue.queueArn, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility');
    handler.allow(seenIds.tableArn, 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    handler.allow(bus.eventBusArn, 'events:PutEvents');
    // A run that failed is made good by the next one.
    handler.configureAsyncInvoke({ retryAttempts: 0 });
    this.function = handler;

    const role = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    acknowledge(role, { [anyVersionOf(handler)]: 'Any version of the one function that is scheduled' });
    new Schedule(this, 'EachMinute', {
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: new LambdaInvoke(handler, { role, retryAttempts: 0 }),
      description: 'Spilled notifications go on the bus as soon as it takes them again',
    });
  }
}
