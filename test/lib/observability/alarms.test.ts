import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Alarms, AllowlistSync } from '../../../lib';
import { ALB, type Json, newApp, onlyOne, prerequisitesOf, type Resource, resourcesOf, synthesize } from '../template';

const template = synthesize();
const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'));
const byName = new Map(alarms.map(({ Properties }) => [Properties.AlarmName, Properties]));

/** What an alarm looks at, in one line. */
function lineOf({ Properties: p }: Resource): string {
  const dimensions = Object.fromEntries(
    (p.Dimensions ?? []).map((d: { Name: string; Value: string }) => [d.Name, d.Value]),
  );
  const {
    Namespace,
    MetricName,
    Statistic,
    ExtendedStatistic,
    Period,
    EvaluationPeriods,
    Threshold,
    TreatMissingData,
  } = p;
  const sign = p.ComparisonOperator.replace('OrEqualTo', '=')
    .replace('GreaterThan', '>')
    .replace('LessThan', '<')
    .replace('Threshold', '');
  const of = Object.entries(dimensions)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(' ');
  const when = `${EvaluationPeriods} x ${Period} s, missing ${TreatMissingData}`;
  if (p.Metrics)
    return `${expressionOf(p.Metrics)} ${sign} ${Threshold}: ${EvaluationPeriods} x, missing ${TreatMissingData}`;
  return `${Namespace} ${MetricName} [${of}] ${Statistic ?? ExtendedStatistic} ${sign} ${Threshold}: ${when}`;
}

interface MetricQuery {
  readonly Id: string;
  readonly Expression?: string;
  readonly MetricStat?: {
    readonly Metric: { Namespace: string; MetricName: string; Dimensions: { Name: string; Value: string }[] };
    readonly Period: number;
    readonly Stat: string;
  };
}

/** A metric that is computed of others, each written out in its place. */
function expressionOf(metrics: readonly MetricQuery[]): string {
  const expression = metrics.find(({ Expression }) => Expression)?.Expression ?? '';
  return metrics.reduce((text, { Id, MetricStat }) => {
    if (!MetricStat) return text;
    const { Metric, Period, Stat } = MetricStat;
    const of = Metric.Dimensions.map(({ Name, Value }) => `${Name}=${Value}`).join(' ');
    return text.replace(Id, `${Metric.Namespace} ${Metric.MetricName} [${of}] ${Stat} of ${Period} s`);
  }, expression);
}

test('the stack has exactly these alarms', () => {
  const stack = 'stack=IntercomAllowlist';
  expect(
    Object.fromEntries(
      alarms.map((alarm) => [alarm.Properties.AlarmName.replace('IntercomAllowlist-', ''), lineOf(alarm)]),
    ),
  ).toEqual({
    RunFailed: 'AWS/Lambda Errors [FunctionName=<SyncFunction>] Sum >= 1: 1 x 300 s, missing notBreaching',
    NoGoodRun: `IntercomAllowlist GoodRuns [service=sync ${stack}] Sum < 1: 26 x 3600 s, missing breaching`,
    'FeedFailing-us': `IntercomAllowlist FeedFailures [region=us service=sync ${stack}] Minimum >= 1: 24 x 3600 s, missing notBreaching`,
    'FeedFailing-eu': `IntercomAllowlist FeedFailures [region=eu service=sync ${stack}] Minimum >= 1: 24 x 3600 s, missing notBreaching`,
    'FeedFailing-au': `IntercomAllowlist FeedFailures [region=au service=sync ${stack}] Minimum >= 1: 24 x 3600 s, missing notBreaching`,
    Exposed: `IntercomAllowlist ExposedTargets [service=sync ${stack}] Maximum >= 1: 1 x 3600 s, missing ignore`,
    GuardProblem: `IntercomAllowlist GuardProblems [service=sync ${stack}] Maximum >= 1: 1 x 3600 s, missing notBreaching`,
    FeedUntrusted: `IntercomAllowlist UntrustedFeeds [service=sync ${stack}] Minimum >= 1: 24 x 3600 s, missing notBreaching`,
    PlanAwaitingApproval: `IntercomAllowlist PlansAwaitingApproval [service=sync ${stack}] Maximum >= 1: 1 x 3600 s, missing ignore`,
    RemovalPending: `IntercomAllowlist RemovalsPending [service=sync ${stack}] Maximum >= 1: 1 x 3600 s, missing notBreaching`,
    FallbackInUse: `IntercomAllowlist FallbacksInUse [service=sync ${stack}] Maximum >= 1: 1 x 3600 s, missing notBreaching`,
    MessagesUnsent: `IntercomAllowlist MessagesUnsent [service=sync ${stack}] Sum >= 1: 3 x 3600 s, missing notBreaching`,
    DeliveryFailed: `IntercomAllowlist DeliveryFailed [service=receiver ${stack}] Sum >= 1: 1 x 60 s, missing notBreaching`,
    InvalidSignatureBurst: `IntercomAllowlist InvalidSignature [service=receiver ${stack}] Sum >= 10: 1 x 300 s, missing notBreaching`,
    SlowAnswers: 'AWS/ApiGateway Latency [ApiName=IntercomAllowlist] p99 > 500: 3 x 300 s, missing notBreaching',
    OverflowNotEmpty:
      'AWS/SQS ApproximateNumberOfMessagesVisible [QueueName=<ReceiverOverflowQueue.QueueName>] Average of 300 s + ' +
      'AWS/SQS ApproximateNumberOfMessagesNotVisible [QueueName=<ReceiverOverflowQueue.QueueName>] Average of 300 s ' +
      '>= 0.5: 3 x, missing notBreaching',
    OverflowGivenUp:
      'AWS/SQS ApproximateNumberOfMessagesVisible [QueueName=<ReceiverOverflowDeadLetters.QueueName>] Maximum >= 1: 1 x 300 s, missing notBreaching',
    WebhookFails: 'AWS/ApiGateway 5XXError [ApiName=IntercomAllowlist] Sum >= 1: 1 x 300 s, missing notBreaching',
    NotificationTooLarge:
      'AWS/WAFV2 CountedRequests [Region=<AWS::Region> Rule=too-large WebACL=IntercomAllowlist] Sum >= 1: 1 x 300 s, missing notBreaching',
    IntercomBlocked:
      'AWS/WAFV2 BlockedRequests [Region=<AWS::Region> Rule=blocked-like-intercom WebACL=IntercomAllowlist] Sum >= 1: 1 x 300 s, missing notBreaching',
  });
});

const alarmsOf = (context: Json) => Object.values(resourcesOf(synthesize(context), 'AWS::CloudWatch::Alarm'));

test('the alarm about missing good runs is created after the first one, which it would miss', () => {
  expect(prerequisitesOf(template, 'AlarmsNoGoodRun')).toContain('SyncAfterDeploy');
});

test('the ALB ingress has one more alarm, for a load balancer that does not reach the API', () => {
  const more = alarmsOf(ALB).filter(({ Properties }) => !byName.has(Properties.AlarmName));
  expect(more.map(lineOf)).toEqual([
    'AWS/ApplicationELB HTTPCode_ELB_5XX_Count [LoadBalancer=<IngressOwnVpcLoadBalancer.LoadBalancerFullName>] Sum >= 1: 1 x 300 s, ' +
      'missing notBreaching',
  ]);
});

test('with the ALB ingress the load balancer counts what the API answers, because API Gateway counts its own 503 as a 4XX error', () => {
  const ofWebhook = alarmsOf(ALB).filter(({ Properties }) => Properties.AlarmName === 'IntercomAllowlist-WebhookFails');
  expect(ofWebhook.map(lineOf)).toEqual([
    'AWS/ApplicationELB HTTPCode_Target_5XX_Count [LoadBalancer=<IngressOwnVpcLoadBalancer.LoadBalancerFullName>] Sum >= 1: 1 x 300 s, ' +
      'missing notBreaching',
  ]);
});

test('a sync that sends no messages has no alarm about them', () => {
  const stack = new Stack(newApp(), 'Team');
  const { all } = new Alarms(stack, 'Alarms', { sync: new AllowlistSync(stack, 'Sync') });
  expect(all.map(({ node }) => node.id)).not.toContain('MessagesUnsent');
});

test('only the feeds of configured Intercom regions have an alarm', () => {
  const names = alarmsOf({ intercomRegions: 'eu' }).map(({ Properties }) => Properties.AlarmName);
  expect(names.filter((name) => name.includes('FeedFailing'))).toEqual(['IntercomAllowlist-FeedFailing-eu']);
});

test.each([...byName.keys()])('the alarm %s notifies the topic when it is raised and when it is cleared', (name) => {
  expect(byName.get(name)).toMatchObject({ AlarmActions: ['<AlarmsTopic>'], OKActions: ['<AlarmsTopic>'] });
});

describe('the description of each alarm says what happened, what it means, the first step, and the section of the runbook', () => {
  const runbook = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'runbook.md'), 'utf8');
  const sections = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  );

  const described = alarmsOf(ALB).map(({ Properties }) => [Properties.AlarmName, Properties.AlarmDescription]);

  test.each<[name: string, text: string]>(described as [string, string][])('%s', (_name, AlarmDescription) => {
    expect(AlarmDescription).toMatch(/\. .*First step: .+\. Runbook: docs\/runbook\.md#[a-z0-9-]+$/);
    expect(AlarmDescription.length).toBeLessThanOrEqual(1024);
    expect(sections).toContain(AlarmDescription.split('#').at(-1));
  });
});

test('the topic policy requires TLS and allows CloudWatch to publish for these alarms', () => {
  const policies = Object.values(resourcesOf(template, 'AWS::SNS::TopicPolicy')).map(({ Properties }) => Properties);
  const [policy] = policies.filter(({ Topics }) => String(Topics) === '<AlarmsTopic>') as {
    PolicyDocument: { Statement: unknown };
  }[];
  expect(policy?.PolicyDocument.Statement).toEqual([
    expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    {
      Sid: expect.any(String),
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: 'sns:Publish',
      Resource: '<AlarmsTopic>',
      Condition: {
        ArnLike: {
          'aws:SourceArn': 'arn:<AWS::Partition>:cloudwatch:<AWS::Region>:<AWS::AccountId>:alarm:IntercomAllowlist-*',
        },
        StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' },
      },
    },
  ]);
});

test('the topic has no subscription by default, and one if an email address is given', () => {
  expect(resourcesOf(template, 'AWS::SNS::Subscription')).toEqual({});
  const subscription = onlyOne(synthesize({ alarmEmail: 'ops@example.com' }), 'AWS::SNS::Subscription');
  expect(subscription).toEqual({ Protocol: 'email', Endpoint: 'ops@example.com', TopicArn: '<AlarmsTopic>' });
});
