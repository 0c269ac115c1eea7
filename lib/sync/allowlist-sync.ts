import { Duration, Lazy, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type Grant, type IGrantable, type IRole, Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct, type IConstruct } from 'constructs';
import { Env, SCHEDULE_PAYLOAD } from '../../lambda/shared/constants';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { parseFeedBaseUrl } from '../../lambda/shared/feed-url';
import { LIMITS, parseNumber } from '../../lambda/shared/limits';
import { Dimension, METRIC_NAMESPACE, Service, SyncMetric } from '../../lambda/shared/metrics';
import type { TargetSetting } from '../../lambda/shared/targets';
import { acknowledge, anyVersionOf } from '../acknowledge';
import { BundledFunction, FunctionLogs, FunctionRole } from '../bundled-function';
import { ChangeFormat } from '../change-format';
import { CONSTRUCT_DEFAULTS } from '../defaults';
import { IntercomRegion } from '../intercom-region';
import type { AllowlistGuard } from './allowlist-guard';
import type { AllowlistTarget } from './allowlist-target';
import { syncStatements } from './sync-statements';
import { assertEnvironmentFits, targetsVariable } from './targets-variable';

/** Properties of `AllowlistSync`. */
export interface AllowlistSyncProps {
  /**
   * Targets to keep up to date, in addition to security groups, prefix lists and IP sets with the discovery tag.
   *
   * @default - only tagged targets
   */
  readonly targets?: AllowlistTarget[] | undefined;
  /**
   * Marks the entries that the sync adds. Syncs in one account and AWS Region need different owners.
   *
   * @default - the name of the stack
   */
  readonly owner?: string | undefined;
  /**
   * Intercom regions whose ranges are allowed. Name only the region of your workspace: the others allow senders you don't need.
   *
   * @default - all three
   */
  readonly intercomRegions?: IntercomRegion[] | undefined;
  /**
   * Addresses and CIDRs of your own to allow in exclusive targets, in addition to Intercom's. A deployment fails if one is not globally
   * routable, or wider than /20 (IPv4) or /40 (IPv6).
   *
   * @default - none
   */
  readonly extraRanges?: string[] | undefined;
  /**
   * HTTPS URL under which the sync reads `{region}/intercom-ip-ranges.json`.
   *
   * @default - Intercom's
   */
  readonly feedBaseUrl?: string | undefined;
  /**
   * Time for which a range must be absent from the feeds before it is removed, at most 30 days.
   *
   * @default Duration.hours(24)
   */
  readonly removalGrace?: Duration | undefined;
  /**
   * Share of a region's ranges that one run may remove from a target without approval, 0 to 1.
   *
   * @default 0.5
   */
  readonly maxRemovalShare?: number | undefined;
  /**
   * The account's quota of rules per security group, if it was raised.
   *
   * @default 60
   */
  readonly rulesPerSecurityGroup?: number | undefined;
  /**
   * Receives a message about each run in which something happened. See `ChangeMessages`.
   *
   * @default - no messages
   */
  readonly changesTopic?: ITopic | undefined;
  /**
   * The form of these messages.
   *
   * @default ChangeFormat.TEXT
   */
  readonly changeFormat?: ChangeFormat | undefined;
  /**
   * Name of the CloudWatch dashboard that the messages link to.
   *
   * @default - no link
   */
  readonly dashboardName?: string | undefined;
  /**
   * How long the log is kept. It is the history of what was allowed.
   *
   * @default RetentionDays.THIRTEEN_MONTHS - 400 days
   */
  readonly logRetention?: RetentionDays | undefined;
}

/** Longer than the slowest run, shorter than the lease in `lambda/sync/state/lease.ts`. */
const TIMEOUT = Duration.minutes(5);

/**
 * Keeps every target equal to Intercom's published ranges: a function that runs on schedules and in each deployment, with its state
 * table and log.
 */
export class AllowlistSync extends Construct {
  /** The function that runs on the schedules, and that you invoke for a sync or a plan. */
  public readonly function: IFunction;
  /** The log group with the records of all runs. */
  public readonly logGroup: ILogGroup;
  /** Marks the entries that the sync adds. */
  public readonly owner: string;
  /** The Intercom regions whose ranges are allowed. */
  public readonly intercomRegions: IntercomRegion[];
  /** Time for which a range must be absent from the feeds before it is removed. */
  public readonly removalGrace: Duration;
  /** The table with feeds and ownership records. */
  public readonly stateTable: Table;
  /** Receives a message about each run in which something happened. @default - no messages */
  public readonly changesTopic?: ITopic;
  /** Maximum duration of a run. */
  public readonly timeout: Duration = TIMEOUT;
  /** The run during a deployment. Pass constructs to its `executeAfter` or `executeBefore` to order them with the run. */
  public readonly afterDeploy: Trigger;
  readonly #guards: AllowlistGuard[] = [];
  readonly #schedules: Schedule[];
  readonly #role: Role;
  readonly #assertFits: () => void;

  constructor(scope: Construct, id: string, props: AllowlistSyncProps = {}) {
    super(scope, id);
    this.owner = props.owner ?? Stack.of(this).stackName;
    assertOnlyOwner(this);
    this.intercomRegions = parseRegions(props.intercomRegions ?? CONSTRUCT_DEFAULTS.intercomRegions);
    this.removalGrace = props.removalGrace ?? Duration.hours(CONSTRUCT_DEFAULTS.removalGraceHours);
    const targets = (props.targets ?? []).map((target) => target._setting);
    this.stateTable = new Table(this, 'State', {
      partitionKey: { name: 'kind', type: AttributeType.STRING },
      sortKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.logGroup = new FunctionLogs(this, 'Logs', props.logRetention ?? RetentionDays.THIRTEEN_MONTHS);
    this.#role = this.role(targets);
    if (props.changesTopic) {
      this.changesTopic = props.changesTopic;
      // With permission to use the key of an encrypted topic.
      props.changesTopic.grantPublish(this.#role);
    }
    const environment = this.environment(props, targets);
    this.#assertFits = () => assertEnvironmentFits(targets, this.#guards, environment);
    const code = {
      bundle: 'sync' as const,
      timeout: TIMEOUT,
      role: this.#role as IRole,
      logGroup: this.logGroup,
      environment,
    };
    const handler = new BundledFunction(this, 'Function', {
      ...code,
      description: "Makes every target allow exactly Intercom's published ranges",
    });
    handler.addEnvironment(Env.guards, Lazy.string({ produce: () => this.guardsVariable() }));
    this.function = handler;
    this.#schedules = this.schedule(handler, this.deadLetters(handler));
    this.afterDeploy = new Trigger(this, 'AfterDeploy', {
      handler: new BundledFunction(this, 'AfterDeployFunction', {
        ...code,
        handler: 'afterDeploy',
        description: 'The sync in each deployment that changed code or configuration',
      }),
      timeout: TIMEOUT,
    });
  }

  /** Lets each run check something that makes the allowlist effective. */
  public addGuard(guard: AllowlistGuard): void {
    this.#guards.push(guard);
    this.#assertFits();
    guard._grant(this.#role);
    const statements = guard._statements(this);
    if (statements.length === 0) return;
    // Not in the policy that the function waits for: a load balancer can wait for the run in the deployment.
    const policy = new Policy(this, `Guard${this.#guards.length}`, { statements });
    policy.attachToRole(this.#role);
    acknowledge(policy, guard._acknowledgements());
    this.scheduleAfter(policy);
  }

  /** Lets the schedules start only after these constructs, so that no run finds a guard that a deployment has yet to put in place. */
  public scheduleAfter(...scopes: IConstruct[]): void {
    for (const { node } of this.#schedules) node.addDependency(...scopes);
  }

  /** Allows the grantee to invoke the sync: to plan, to sync now, and to approve or decline a plan. */
  public grantInvoke(grantee: IGrantable): Grant {
    return this.function.grantInvoke(grantee);
  }

  /** 1 for a successful run, 0 for any other. @default - the sum over 5 minutes */
  public metricGoodRuns(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.goodRuns, {}, options);
  }

  /** Duration of a run in milliseconds. @default - the maximum over 5 minutes */
  public metricRunDuration(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.runDuration, {}, { statistic: Stats.MAXIMUM, ...options });
  }

  /** Targets that failed in a run. Like most counts, it is published only if it is not zero. */
  public metricTargetFailures(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.targetFailures, {}, options);
  }

  /** Targets with a plan that awaits approval. */
  public metricPlansAwaitingApproval(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.plansAwaitingApproval, {}, options);
  }

  /** Ranges added, over all targets. */
  public metricRangesAdded(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.added, {}, options);
  }

  /** Ranges removed, over all targets. */
  public metricRangesRemoved(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.removed, {}, options);
  }

  /** Ranges whose removal is pending, over all targets. */
  public metricRemovalsPending(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.pending, {}, options);
  }

  /** Ranges that await approval, over all targets. */
  public metricRangesAwaitingApproval(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.awaitingApproval, {}, options);
  }

  /** Entries that others had added or removed, and that the sync corrected. */
  public metricDriftRepaired(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.driftRepaired, {}, options);
  }

  /** Targets that are open to more than /20 (IPv4) or /40 (IPv6), where nobody accepts it. */
  public metricExposedTargets(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.exposedTargets, {}, options);
  }

  /** Problems of what makes the allowlist effective. */
  public metricGuardProblems(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.guardProblems, {}, options);
  }

  /** Intercom regions whose feed is fresh but untrusted, because some of its entries were rejected. */
  public metricUntrustedFeeds(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.untrustedFeeds, {}, options);
  }

  /** Runs that could not send all their messages about changes. The next run sends what is left. */
  public metricMessagesUnsent(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.messagesUnsent, {}, options);
  }

  /** Intercom regions for which the built-in addresses are in use. */
  public metricFallbacks(options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.fallbacks, {}, options);
  }

  /** 1 for a run in which the region's feed was stale or unusable, 0 for any other. */
  public metricFeedFailures(intercomRegion: IntercomRegion, options?: MetricOptions): Metric {
    return this.#metric(SyncMetric.feedFailures, { [Dimension.region]: intercomRegion }, options);
  }

  /** Ranges of an Intercom region in force in an IP set. @default - the maximum over 5 minutes */
  public metricRangesInForce(intercomRegion: IntercomRegion, ipSetArn: string, options?: MetricOptions): Metric {
    const dimensions = { [Dimension.region]: intercomRegion, [Dimension.target]: ipSetArn };
    return this.#metric(SyncMetric.inForce, dimensions, { statistic: Stats.MAXIMUM, ...options });
  }

  #metric(metricName: SyncMetric, dimensions: Record<string, string>, options?: MetricOptions): Metric {
    return new Metric({
      namespace: METRIC_NAMESPACE,
      metricName,
      statistic: Stats.SUM,
      dimensionsMap: { service: Service.sync, [Dimension.stack]: this.owner, ...dimensions },
      ...options,
    }).attachTo(this);
  }

  private guardsVariable(): string {
    return Stack.of(this).toJsonString(this.#guards.map(({ _setting }) => _setting));
  }

  private role(targets: readonly TargetSetting[]): Role {
    const role = new FunctionRole(this, 'Role', this.logGroup);
    const statements = syncStatements(this, this.owner, targets, this.stateTable.tableArn);
    for (const statement of statements) role.addToPrincipalPolicy(statement);
    acknowledge(role, {
      'IAM5[Action::kms:GenerateDataKey*]': 'Only with the key of the topic of the messages, if that has one',
      'IAM5[Resource::*]': "EC2's Describe calls have no resource-level permissions",
      'IAM5[Resource::arn:<AWS::Partition>:wafv2:<AWS::Region>:<AWS::AccountId>:regional/ipset/*/*]':
        'Only IP sets with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:wafv2:us-east-1:<AWS::AccountId>:global/ipset/*/*]':
        'Only IP sets with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group/*]':
        'Only security groups with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:prefix-list/*]':
        'Only prefix lists with the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:*:prefix-list/*]':
        'Only to read the entries of any list that a security group may refer to, also of one that another account shares',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group-rule/*]':
        'Only rules that have, or are being given, the owner tag of this sync, by condition',
    });
    return role;
  }

  private environment(props: AllowlistSyncProps, targets: readonly TargetSetting[]): Record<string, string> {
    const settings = {
      [Env.owner]: this.owner,
      [Env.intercomRegions]: this.intercomRegions.join(),
      [Env.feedBaseUrl]: parseFeedBaseUrl(props.feedBaseUrl ?? CONSTRUCT_DEFAULTS.feedBaseUrl),
      ...(props.extraRanges?.length && { [Env.extraRanges]: props.extraRanges.join() }),
      [Env.stateTable]: this.stateTable.tableName,
      [Env.removalGraceHours]: graceHours(this.removalGrace),
      [Env.maxRemovalShare]: numberOf(props, 'maxRemovalShare'),
      [Env.rulesPerSecurityGroup]: numberOf(props, 'rulesPerSecurityGroup'),
      ...changesVariables(props),
      // The run in a deployment checks no guards: what the deployment has just changed may not have taken effect everywhere.
      [Env.guards]: '[]',
    };
    return { ...settings, ...targetsVariable(this, targets, settings) };
  }

  /** EventBridge Scheduler retries only the delivery. Lambda retries a failed run, which is cheap and safe. */
  private deadLetters(handler: BundledFunction): Queue {
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(deadLetters, { SQS3: 'This is a dead-letter queue' });
    handler.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: new SqsDestination(deadLetters),
    });
    return deadLetters;
  }

  /**
   * Intercom rewrites the feeds daily at about 09:01 Dublin time and may use new ranges soon after. The sync runs every five minutes
   * from 09:05 to 09:55 Dublin time, and hourly otherwise. The hourly schedule is in UTC, because Dublin's clock skips an hour in
   * spring and repeats one in autumn; five past the hour in UTC is five past in Dublin too, 09:05 included.
   */
  private schedule(handler: IFunction, deadLetterQueue: Queue): Schedule[] {
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
    return [
      new Schedule(this, 'DailyRewrite', {
        schedule: daily,
        target,
        description: 'Around the daily rewrite of the feeds',
      }),
      new Schedule(this, 'Hourly', { schedule: hourly, target, description: 'At five past every hour' }),
    ];
  }
}

/** Another sync with the same owner would remove the entries of this one. */
function assertOnlyOwner(sync: AllowlistSync): void {
  const stack = Stack.of(sync);
  const other = stack.node
    .findAll()
    .find(
      (node) => node instanceof AllowlistSync && node !== sync && Stack.of(node) === stack && node.owner === sync.owner,
    );
  if (!other) return;
  throw new InvalidConfigError(
    'owner',
    stack.resolve(sync.owner),
    `an owner that no other sync has; ${other.node.path} has this one, and each of the two would remove the entries of the other`,
  );
}

function parseRegions(regions: readonly IntercomRegion[]): IntercomRegion[] {
  const known = Object.values(IntercomRegion);
  if (regions.length === 0 || !regions.every((region) => known.includes(region)))
    throw new InvalidConfigError('intercomRegions', regions, `one or more of ${known.join(', ')}`);
  return [...new Set(regions)];
}

function graceHours(grace: Duration): string {
  const hours = grace.toHours({ integral: false });
  return String(parseNumber(String(hours), 'removalGrace in hours', LIMITS.removalGraceHours));
}

function numberOf(props: AllowlistSyncProps, key: 'maxRemovalShare' | 'rulesPerSecurityGroup'): string {
  return String(parseNumber(String(props[key] ?? CONSTRUCT_DEFAULTS[key]), key, LIMITS[key]));
}

function changesVariables({ changesTopic, changeFormat, dashboardName }: AllowlistSyncProps): Record<string, string> {
  if (!changesTopic) return {};
  return {
    [Env.changesTopicArn]: changesTopic.topicArn,
    [Env.changeFormat]: changeFormat ?? ChangeFormat.TEXT,
    ...(dashboardName !== undefined && { [Env.dashboardName]: dashboardName }),
  };
}
