import { Duration, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import { Env, SCHEDULE_PAYLOAD } from '../../lambda/shared/constants';
import { parseFeedBaseUrl } from '../../lambda/shared/feed-url';
import type { IntercomRegion } from '../../lambda/shared/intercom-regions';
import { LIMITS, parseNumber, parseRetentionDays } from '../../lambda/shared/limits';
import type { MessageFormat } from '../../lambda/shared/message-formats';
import { Dimension, METRIC_NAMESPACE, Service, SyncMetric } from '../../lambda/shared/metrics';
import { acknowledge, anyVersionOf } from '../acknowledge';
import { BundledFunction, FunctionLogs, FunctionRole } from '../bundled-function';
import { DEFAULTS } from '../config';
import type { AllowlistTarget } from './allowlist-target';
import { syncStatements } from './sync-statements';
import { targetsVariable } from './targets-variable';

export interface AllowlistSyncProps {
  /** Targets to keep up to date, in addition to security groups and prefix lists with the discovery tag. @default - only those */
  readonly targets?: readonly AllowlistTarget[] | undefined;
  /** The mark on what the sync adds. Two syncs in one account and AWS Region need two names. @default - the stack's name */
  readonly name?: string | undefined;
  /** Intercom regions whose ranges are allowed. @default all; name only your workspace's own */
  readonly intercomRegions?: readonly IntercomRegion[] | undefined;
  /** Where the feeds are published. @default - Intercom's own */
  readonly feedBaseUrl?: string | undefined;
  /** Hours that a range must be absent from the feeds before it is removed. @default 24 */
  readonly removalGraceHours?: number | undefined;
  /** Share of a region's ranges in a target that may be removed in one run without approval. @default 0.5 */
  readonly maxRemovalShare?: number | undefined;
  /** The quota of rules per security group in the account, if it was raised. @default 60 */
  readonly rulesPerSecurityGroup?: number | undefined;
  /** Topic that receives a message about each run in which something happened. @default - no messages */
  readonly changesTopic?: ITopic | undefined;
  /** Form of the messages: `text`, or `chat` for Amazon Q Developer in chat applications. @default text */
  readonly changeFormat?: MessageFormat | undefined;
  /** Name of the CloudWatch dashboard that the messages link to. @default - no link */
  readonly dashboardName?: string | undefined;
  /** Days for which the log is kept, which is the history of what was allowed. @default 400 */
  readonly logRetentionDays?: number | undefined;
}

function changesVariables({
  changesTopic,
  changeFormat = DEFAULTS.changeFormat,
  dashboardName,
}: AllowlistSyncProps): Record<string, string> {
  if (!changesTopic) return {};
  return {
    [Env.changesTopicArn]: changesTopic.topicArn,
    [Env.changeFormat]: changeFormat,
    ...(dashboardName !== undefined && { [Env.dashboardName]: dashboardName }),
  };
}

function publishTo({ topicArn }: ITopic): PolicyStatement {
  return new PolicyStatement({ actions: ['sns:Publish'], resources: [topicArn] });
}

/** Longer than the slowest run, shorter than the lease in `lambda/sync/state/lease.ts`. */
const TIMEOUT = Duration.minutes(5);

/**
 * The scheduled function that keeps every target equal to the published ranges, its state, and its run in each deploy.
 *
 * Throws InvalidConfigError where a property is not allowed.
 */
export class AllowlistSync extends Construct {
  readonly function: IFunction;
  readonly logGroup: ILogGroup;
  /** The Intercom regions whose ranges are allowed. */
  readonly intercomRegions: readonly IntercomRegion[];
  readonly stateTable: Table;
  /** Maximum duration of a run. */
  readonly timeout = TIMEOUT;
  /** The run during a deployment. Pass constructs to its `executeAfter` or `executeBefore` to order them with the run. */
  readonly afterDeploy: Trigger;

  readonly #name: string;

  constructor(scope: Construct, id: string, props: AllowlistSyncProps = {}) {
    super(scope, id);
    const { targets = [], name = Stack.of(this).stackName, intercomRegions = DEFAULTS.intercomRegions } = props;
    const { feedBaseUrl = DEFAULTS.feedBaseUrl, logRetentionDays = DEFAULTS.logRetentionDays } = props;
    const number = (key: 'removalGraceHours' | 'maxRemovalShare' | 'rulesPerSecurityGroup') =>
      String(parseNumber(String(props[key] ?? DEFAULTS[key]), key, LIMITS[key]));
    this.#name = name;
    this.intercomRegions = intercomRegions;
    const table = new Table(this, 'State', {
      partitionKey: { name: 'kind', type: AttributeType.STRING },
      sortKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stateTable = table;
    this.logGroup = new FunctionLogs(this, 'Logs', parseRetentionDays(String(logRetentionDays), 'logRetentionDays'));
    const role = new FunctionRole(this, 'Role', this.logGroup);
    for (const statement of syncStatements(this, name, targets, table.tableArn)) role.addToPrincipalPolicy(statement);
    if (props.changesTopic) role.addToPrincipalPolicy(publishTo(props.changesTopic));

    const environment = {
      [Env.stackName]: name,
      [Env.intercomRegions]: intercomRegions.join(),
      [Env.feedBaseUrl]: parseFeedBaseUrl(feedBaseUrl),
      [Env.stateTable]: table.tableName,
      [Env.removalGraceHours]: number('removalGraceHours'),
      [Env.maxRemovalShare]: number('maxRemovalShare'),
      [Env.rulesPerSecurityGroup]: number('rulesPerSecurityGroup'),
      ...changesVariables(props),
    };
    const code = {
      bundle: 'sync' as const,
      timeout: TIMEOUT,
      role: role as IRole,
      logGroup: this.logGroup,
      environment: { ...environment, ...targetsVariable(this, targets, environment) },
    };
    const handler = new BundledFunction(this, 'Function', {
      ...code,
      description: "Makes every target allow exactly Intercom's published ranges",
    });
    this.function = handler;

    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    // EventBridge Scheduler retries only the delivery. Lambda retries a failed run, which is cheap and safe.
    handler.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: new SqsDestination(deadLetters),
    });
    acknowledge(deadLetters, { SQS3: 'This is a dead-letter queue' });
    acknowledge(role, {
      'IAM5[Resource::*]': "EC2's Describe calls have no resource-level permissions",
      'IAM5[Resource::arn:<AWS::Partition>:wafv2:<AWS::Region>:<AWS::AccountId>:regional/ipset/*/*]':
        'Only IP sets with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:wafv2:us-east-1:<AWS::AccountId>:global/ipset/*/*]':
        'Only IP sets with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group/*]':
        'Only security groups with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:prefix-list/*]':
        'Only prefix lists with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group-rule/*]':
        'Only rules that have, or are being given, the owner tag of this sync, by condition',
    });
    this.schedule(handler, deadLetters);

    this.afterDeploy = new Trigger(this, 'AfterDeploy', {
      handler: new BundledFunction(this, 'AfterDeployFunction', {
        ...code,
        handler: 'afterDeploy',
        description: 'The sync in each deployment that changed code or configuration',
      }),
      timeout: TIMEOUT,
    });
  }

  /** 1 for a successful run, 0 for any other. @default - the sum over 5 minutes */
  metricGoodRuns(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.goodRuns, {}, options);
  }

  /** Duration of a run in milliseconds. @default - the maximum over 5 minutes */
  metricRunDuration(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.runDuration, {}, { statistic: Stats.MAXIMUM, ...options });
  }

  /** Targets that failed in a run. Like most counts, it is published only if it is not zero. */
  metricTargetFailures(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.targetFailures, {}, options);
  }

  /** Targets with a plan that awaits approval. */
  metricPlansAwaitingApproval(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.plansAwaitingApproval, {}, options);
  }

  /** Ranges added, over all targets. */
  metricRangesAdded(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.added, {}, options);
  }

  /** Ranges removed, over all targets. */
  metricRangesRemoved(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.removed, {}, options);
  }

  /** Ranges whose removal is pending, over all targets. */
  metricRemovalsPending(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.pending, {}, options);
  }

  /** Ranges that await approval, over all targets. */
  metricRangesAwaitingApproval(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.awaitingApproval, {}, options);
  }

  /** Entries that others had added or removed, and that the sync corrected. */
  metricDriftRepaired(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.driftRepaired, {}, options);
  }

  /** Intercom regions for which the built-in addresses are in use. */
  metricFallbacks(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.fallbacks, {}, options);
  }

  /** Messages about changes that Amazon SNS did not accept; the next run sends them. */
  metricMessagesUnsent(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.messagesUnsent, {}, options);
  }

  /** 1 for a run in which the region's feed was stale or unusable, 0 for any other. */
  metricFeedFailures(region: IntercomRegion, options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.feedFailures, { [Dimension.region]: region }, options);
  }

  /** Ranges of an Intercom region in force in an IP set. @default - the maximum over 5 minutes */
  metricRangesInForce(region: IntercomRegion, ipSetArn: string, options?: MetricOptions): Metric {
    const dimensions = { [Dimension.region]: region, [Dimension.target]: ipSetArn };
    return this.#metric(SyncMetric.inForce, dimensions, { statistic: Stats.MAXIMUM, ...options });
  }

  #metric(metricName: SyncMetric, dimensions: Record<string, string>, options?: MetricOptions): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      statistic: Stats.SUM,
      dimensionsMap: { service: Service.sync, [Dimension.stack]: this.#name, ...dimensions },
      ...options,
    }).attachTo(this);
  }

  /**
   * Intercom rewrites the feeds daily at about 09:01 Dublin time and may use new ranges soon after. The sync runs every five minutes
   * from 09:05 to 09:55 Dublin time, and hourly otherwise. The hourly schedule is in UTC, because Dublin's clock skips an hour in
   * spring and repeats one in autumn; five past the hour in UTC is five past in Dublin too, 09:05 included.
   */
  private schedule(handler: IFunction, deadLetterQueue: Queue): void {
    const role = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    acknowledge(role, { [anyVersionOf(handler)]: 'Every version of the one function that is scheduled' });
    const target = new LambdaInvoke(handler, {
      role,
      input: ScheduleTargetInput.fromObject(SCHEDULE_PAYLOAD),
      deadLetterQueue,
      retryAttempts: 3,
      maxEventAge: Duration.minutes(10),
    });
    const daily = ScheduleExpression.cron({ minute: '10/5', hour: '9', timeZone: TimeZone.EUROPE_DUBLIN });
    const hourly = ScheduleExpression.cron({ minute: '5', timeZone: TimeZone.ETC_UTC });
    new Schedule(this, 'DailyRewrite', {
      schedule: daily,
      target,
      description: 'Around the daily rewrite of the feeds',
    });
    new Schedule(this, 'Hourly', { schedule: hourly, target, description: 'At five past every hour' });
  }
}
