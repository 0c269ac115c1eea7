import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type MathExpression, Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { Env, EVENT_SOURCE, RECEIVER_TIMEOUT_MS } from '../../lambda/shared/constants';
import { Dimension, METRIC_NAMESPACE, ReceiverMetric, Service } from '../../lambda/shared/metrics';
import { acknowledge, anyObjectOf } from '../acknowledge';
import { BundledFunction, FunctionLogs } from '../bundled-function';
import { pathHash, physicalName } from '../physical-name';
import { stackUuid } from '../stack-uuid';
import { Overflow } from './overflow';
import { Redrive } from './redrive';

/** Properties of `Receiver`. */
export interface ReceiverProps {
  /**
   * Names the event bus `{name}-notifications`, and is the value of the dimension `stack` of the metrics.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /**
   * An existing secret with the client secret of your Intercom app as its text.
   *
   * @default - a new secret with a placeholder, to be replaced with the client secret
   */
  readonly clientSecret?: ISecret | undefined;
  /**
   * Time for which notifications can be replayed from the archive of the event bus.
   *
   * @default Duration.days(14)
   */
  readonly archiveRetention?: Duration | undefined;
}

/**
 * Verifies Intercom's notifications and publishes them: a function with its event bus and archive, the client secret, an overflow
 * store for notifications that the bus does not accept, and its redrive.
 */
export class Receiver extends Construct {
  /** The function that an ingress invokes. */
  public readonly function: IFunction;
  /** The log group of the function. */
  public readonly logGroup: ILogGroup;
  /** The event bus for notifications. */
  public readonly bus: EventBus;
  /** The secret that holds the client secret of your Intercom app. */
  public readonly clientSecret: ISecret;
  /** Notifications that the event bus did not accept. */
  public readonly overflowQueue: IQueue;
  /** Notifications that could not be published in a thousand attempts. */
  public readonly overflowDeadLetterQueue: IQueue;
  /** Notifications that are too large for the event bus or the queue. */
  public readonly overflowBucket: Bucket;
  /** The function that publishes the notifications of the overflow queue. */
  public readonly redriveFunction: IFunction;
  readonly #name: string;
  readonly #overflow: Overflow;

  constructor(scope: Construct, id: string, props: ReceiverProps = {}) {
    super(scope, id);
    const name = physicalName(this, props.name);
    this.#name = name;
    this.bus = new EventBus(this, 'Bus', { eventBusName: `${name}-notifications` });
    this.bus.archive('Archive', {
      // EventBridge allows 48 characters.
      archiveName: `${stackUuid(this)}-${pathHash(this)}`,
      description: 'Notifications for replay',
      eventPattern: { source: [EVENT_SOURCE] },
      retention: props.archiveRetention ?? Duration.days(14),
    });
    this.clientSecret = props.clientSecret ?? (clientSecret(this) as ISecret);
    const overflow = new Overflow(this, 'Overflow');
    this.#overflow = overflow;
    this.overflowQueue = overflow.queue;
    this.overflowDeadLetterQueue = overflow.deadLetters;
    this.overflowBucket = overflow.bucket;
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
      [Env.owner]: name,
      [Env.eventBusName]: this.bus.eventBusName,
      [Env.deduplicationTable]: deduplicationTable.tableName,
      [Env.overflowQueueUrl]: overflow.queue.queueUrl,
      [Env.overflowBucket]: overflow.bucket.bucketName,
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
    // A secret of the user may have a KMS key or no complete ARN, which its own grant handles.
    if (props.clientSecret) props.clientSecret.grantRead(handler);
    else handler.allow(this.clientSecret.secretArn, 'secretsmanager:GetSecretValue');
    handler.allow(deduplicationTable.tableArn, 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem');
    handler.allow(this.bus.eventBusArn, 'events:PutEvents');
    handler.allow(overflow.queue.queueArn, 'sqs:SendMessage');
    handler.allow(overflow.bucket.arnForObjects('*'), 's3:PutObject');
    acknowledge(this, { [anyObjectOf(overflow.bucket)]: 'Each notification is a new object' });
    this.function = handler;
    this.redriveFunction = new Redrive(this, 'Redrive', {
      overflow,
      bus: this.bus,
      deduplicationTable,
      environment,
    }).function;
  }

  /** Notifications that were stored durably, and pings. @default - the sum over 5 minutes */
  public metricAccepted(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.accepted, options);
  }

  /** Notifications whose id was seen in the last 24 hours. @default - the sum over 5 minutes */
  public metricDuplicates(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.duplicates, options);
  }

  /** Requests without a valid signature. @default - the sum over 5 minutes */
  public metricInvalidSignature(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.invalidSignature, options);
  }

  /** Signed requests that are not notifications. @default - the sum over 5 minutes */
  public metricInvalid(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.invalid, options);
  }

  /** Notifications that the event bus did not accept and that wait in the overflow. @default - the sum over 5 minutes */
  public metricOverflowed(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.overflowed, options);
  }

  /** Notifications that were rejected with 503 or 413. Intercom retries each one once. @default - the sum over 5 minutes */
  public metricDeliveryFailed(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.deliveryFailed, options);
  }

  /** Response time in milliseconds. @default - the 99th percentile over 5 minutes */
  public metricLatency(options?: MetricOptions): Metric {
    return this.#metric(ReceiverMetric.latency, { statistic: Stats.percentile(99), ...options });
  }

  /** Messages in the overflow queue. @default - the average over 5 minutes */
  public metricOverflowMessages(options?: MetricOptions): MathExpression {
    return this.#overflow.metricMessages(options);
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
