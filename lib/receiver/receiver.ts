import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { Env, EVENT_SOURCE, RECEIVER_TIMEOUT_MS } from '../../lambda/shared/constants';
import { Dimension, METRIC_NAMESPACE, ReceiverMetric, Service } from '../../lambda/shared/metrics';
import { acknowledge, anyObjectOf } from '../acknowledge';
import { BundledFunction, FunctionLogs } from '../bundled-function';
import { stackUuid } from '../stack-uuid';
import { Overflow } from './overflow';
import { Redrive } from './redrive';

export interface ReceiverProps {
  /** Names the event bus `{name}-notifications`, and is the value of the dimension `stack` of the metrics. */
  readonly name: string;
  /** Time for which notifications can be replayed. @default Duration.days(14) */
  readonly archiveRetention?: Duration;
}

/** The function that verifies notifications and publishes them, with its event bus, client secret and overflow store. */
export class Receiver extends Construct {
  readonly function: IFunction;
  readonly logGroup: ILogGroup;
  readonly bus: EventBus;
  readonly clientSecret: Secret;
  readonly overflow: Overflow;
  readonly redrive: Redrive;
  readonly #name: string;

  constructor(scope: Construct, id: string, { name, archiveRetention = Duration.days(14) }: ReceiverProps) {
    super(scope, id);
    this.#name = name;
    this.bus = new EventBus(this, 'Bus', { eventBusName: `${name}-notifications` });
    this.bus.archive('Archive', {
      // EventBridge allows 48 characters.
      archiveName: stackUuid(this),
      description: 'Notifications for replay',
      eventPattern: { source: [EVENT_SOURCE] },
      retention: archiveRetention,
    });
    this.clientSecret = clientSecret(this);
    this.overflow = new Overflow(this, 'Overflow');
    const deduplicationTable = new Table(this, 'DeduplicationTable', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(deduplicationTable, {
      DDB3: 'The table holds the ids of 24 hours. Without them duplicates are published, but nothing is lost',
    });
    const environment = {
      [Env.stackName]: name,
      [Env.eventBusName]: this.bus.eventBusName,
      [Env.deduplicationTable]: deduplicationTable.tableName,
      [Env.overflowQueueUrl]: this.overflow.queue.queueUrl,
      [Env.overflowBucket]: this.overflow.bucket.bucketName,
    };

    this.logGroup = new FunctionLogs(this, 'Logs', RetentionDays.ONE_MONTH);
    const handler = new BundledFunction(this, 'Function', {
      bundle: 'receiver',
      description: 'Verifies the signature of Intercom webhooks and publishes them on the event bus',
      timeout: Duration.millis(RECEIVER_TIMEOUT_MS),
      // Lambda allots CPU in proportion to memory. Responses over 500 ms lower the priority of the endpoint at Intercom.
      memorySize: 1024,
      logGroup: this.logGroup,
      environment: {
        ...environment,
        [Env.clientSecretArn]: this.clientSecret.secretArn,
      },
    });
    handler.allow(this.clientSecret.secretArn, 'secretsmanager:GetSecretValue');
    handler.allow(deduplicationTable.tableArn, 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
    handler.allow(this.bus.eventBusArn, 'events:PutEvents');
    handler.allow(this.overflow.queue.queueArn, 'sqs:SendMessage');
    handler.allow(this.overflow.bucket.arnForObjects('*'), 's3:PutObject');
    acknowledge(this, { [anyObjectOf(this.overflow.bucket)]: 'Each notification is a new object' });
    this.function = handler;
    this.redrive = new Redrive(this, 'Redrive', {
      overflow: this.overflow,
      bus: this.bus,
      deduplicationTable,
      environment,
    });
  }

  /** Notifications that were stored durably, and pings. @default - the sum over 5 minutes */
  metricAccepted(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.accepted, options);
  }

  /** Notifications whose id was seen in the last 24 hours. @default - the sum over 5 minutes */
  metricDuplicates(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.duplicates, options);
  }

  /** Requests without a valid signature. @default - the sum over 5 minutes */
  metricInvalidSignature(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.invalidSignature, options);
  }

  /** Signed requests that are not notifications. @default - the sum over 5 minutes */
  metricInvalid(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.invalid, options);
  }

  /** Notifications that the event bus did not accept and that wait in the overflow. @default - the sum over 5 minutes */
  metricOverflowed(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.overflowed, options);
  }

  /** Notifications that were rejected with 503 or 413. Intercom retries each one once. @default - the sum over 5 minutes */
  metricDeliveryFailed(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.deliveryFailed, options);
  }

  /** Response time in milliseconds. @default - the 99th percentile over 5 minutes */
  metricLatency(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.latency, { statistic: Stats.percentile(99), ...options });
  }

  #metric(metricName: ReceiverMetric, options?: MetricOptions): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      statistic: Stats.SUM,
      dimensionsMap: { service: Service.receiver, [Dimension.stack]: this.#name },
      ...options,
    }).attachTo(this);
  }
}

/**
 * A recognizable placeholder until the operator stores the client secret. How it is generated must never change, because
 * CloudFormation would then generate a new value and overwrite the stored secret.
 */
function clientSecret(scope: Construct): Secret {
  const secret = new Secret(scope, 'ClientSecret', {
    description:
      'Client secret of the Intercom app that sends the webhooks. A placeholder until the operator stores it',
    generateSecretString: {
      secretStringTemplate: JSON.stringify({
        placeholder: 'Replace all of this with the client secret of your Intercom app',
      }),
      generateStringKey: 'random',
    },
  });
  acknowledge(secret, {
    SMG4: 'Intercom issues the secret, and it is rotated in the Developer Hub; AWS cannot rotate it',
  });
  return secret;
}
