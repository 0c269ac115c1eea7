import { ArnFormat, Duration, RemovalPolicy, Stack, TimeZone } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import { DISCOVERY_TAG, Env, OWNER_TAG } from '../lambda/shared/names';
import { acknowledge, anyVersionOf } from './acknowledge';
import { BundledFunction, FunctionLogs, FunctionRole } from './bundled-function';
import type { Config } from './config';
import type { IpSets } from './ip-sets';

export interface AllowlistSyncProps {
  readonly config: Config;
  /** The IP sets that are wholly the sync's. */
  readonly ipSets: IpSets;
}

/** Longer than the slowest run, shorter than the lease in `lambda/sync/state/lease.ts`. */
const TIMEOUT = Duration.minutes(5);

/** The scheduled function that keeps every target equal to the published ranges, its state, and its run in each deploy. */
export class AllowlistSync extends Construct {
  readonly function: IFunction;
  readonly logGroup: ILogGroup;
  /** The run in the deploy. What must be in place before the allowlist is filled goes into its `executeAfter`. */
  readonly afterDeploy: Trigger;

  constructor(scope: Construct, id: string, { config, ipSets }: AllowlistSyncProps) {
    super(scope, id);
    const table = new Table(this, 'State', {
      partitionKey: { name: 'kind', type: AttributeType.STRING },
      sortKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.logGroup = new FunctionLogs(this, 'Logs', RetentionDays.ONE_YEAR);
    const role = new FunctionRole(this, 'Role', this.logGroup);
    for (const statement of syncStatements(this, config, ipSets, table.tableArn)) role.addToPrincipalPolicy(statement);

    const props = {
      folder: 'sync',
      timeout: TIMEOUT,
      role: role as IRole,
      logGroup: this.logGroup,
      environment: {
        [Env.stackName]: config.stackName,
        [Env.regions]: config.regions.join(),
        [Env.feedBaseUrl]: config.feedBaseUrl,
        [Env.stateTable]: table.tableName,
        [Env.ownIpSets]: [ipSets.ipv4Arn, ipSets.ipv6Arn].join(),
        [Env.sharedIpSets]: config.ipSetArns.join(),
        [Env.securityGroups]: config.securityGroupIds.join(),
        [Env.ports]: config.ports.join(),
      },
    };
    const handler = new BundledFunction(this, 'Function', {
      ...props,
      description: "Makes every target allow exactly Intercom's published ranges",
    });
    this.function = handler;

    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    // Scheduler retries delivery only; a run that fails is retried by Lambda, at once cheap and safe.
    handler.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(1),
      onFailure: new SqsDestination(deadLetters),
    });
    acknowledge(deadLetters, { SQS3: 'It is the dead-letter queue' });
    acknowledge(role, {
      'IAM5[Resource::*]': 'Describe calls of EC2 know no resources',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group/*]':
        'Only groups that carry the discovery tag, by condition',
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:security-group-rule/*]':
        "Only rules that carry, or are just given, this stack's owner tag, by condition",
    });
    this.schedule(handler, deadLetters);

    this.afterDeploy = new Trigger(this, 'AfterDeploy', {
      handler: new BundledFunction(this, 'AfterDeployFunction', {
        ...props,
        handler: 'afterDeploy',
        description: 'The sync in each deploy that changed code or configuration',
      }),
      timeout: TIMEOUT,
    });
  }

  /** Intercom rewrites the feeds daily at about 09:01 Dublin time and may use new ranges soon after. */
  private schedule(handler: IFunction, deadLetterQueue: Queue): void {
    const role = new Role(this, 'SchedulerRole', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    acknowledge(role, { [anyVersionOf(handler)]: 'Any version of the one function that is scheduled' });
    const target = new LambdaInvoke(handler, {
      role,
      input: ScheduleTargetInput.fromObject({}),
      deadLetterQueue,
      retryAttempts: 3,
      maxEventAge: Duration.minutes(10),
    });
    const timeZone = TimeZone.EUROPE_DUBLIN;
    const daily = ScheduleExpression.cron({ minute: '5/10', hour: '9', timeZone });
    const hourly = ScheduleExpression.cron({ minute: '5', hour: '0-8,10-23', timeZone });
    new Schedule(this, 'DailyRewrite', {
      schedule: daily,
      target,
      description: 'Around the daily rewrite of the feeds',
    });
    new Schedule(this, 'Hourly', { schedule: hourly, target, description: 'At any other hour' });
  }
}

/** Everything the sync may do: write to what is named, made by the stack, or tagged, and to nothing else. */
function syncStatements(scope: Construct, config: Config, ipSets: IpSets, tableArn: string): PolicyStatement[] {
  const ec2Arn = (resource: string, resourceName: string) =>
    Stack.of(scope).formatArn({ service: 'ec2', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  const groups = config.securityGroupIds.map((groupId) => ec2Arn('security-group', groupId));
  const changeIngress = ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'];
  const rules = [ec2Arn('security-group-rule', '*')];
  const statements = [
    new PolicyStatement({
      actions: ['dynamodb:Scan', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [tableArn],
    }),
    new PolicyStatement({
      actions: ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'],
      resources: [ipSets.ipv4Arn, ipSets.ipv6Arn, ...config.ipSetArns],
    }),
    // Describe calls of EC2 know no resources.
    new PolicyStatement({
      actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroupRules'],
      resources: ['*'],
    }),
    new PolicyStatement({
      actions: changeIngress,
      resources: [ec2Arn('security-group', '*')],
      conditions: { Null: { [`aws:ResourceTag/${DISCOVERY_TAG}`]: 'false' } },
    }),
    // Where AWS authorizes rules as resources of their own (those made with tags, and their tagging), only ours.
    new PolicyStatement({
      actions: ['ec2:AuthorizeSecurityGroupIngress'],
      resources: rules,
      conditions: { StringEquals: { [`aws:RequestTag/${OWNER_TAG}`]: config.stackName } },
    }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: rules,
      conditions: {
        StringEquals: {
          'ec2:CreateAction': 'AuthorizeSecurityGroupIngress',
          [`aws:RequestTag/${OWNER_TAG}`]: config.stackName,
        },
      },
    }),
    new PolicyStatement({
      actions: ['ec2:RevokeSecurityGroupIngress'],
      resources: rules,
      conditions: { StringEquals: { [`aws:ResourceTag/${OWNER_TAG}`]: config.stackName } },
    }),
  ];
  return groups.length > 0
    ? [...statements, new PolicyStatement({ actions: changeIngress, resources: groups })]
    : statements;
}
