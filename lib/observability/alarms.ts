import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { commandLine } from '../../lambda/shared/command';
import { AlbIngress } from '../ingress/alb-ingress';
import type { IIngress } from '../ingress/ingress';
import type { WebAcl } from '../ingress/web-acl';
import type { Receiver } from '../receiver/receiver';
import type { AllowlistSync } from '../sync/allowlist-sync';

/** Properties of `Alarms`. */
export interface AlarmsProps {
  /**
   * Prefix of the name of every alarm.
   *
   * @default - the owner of the sync
   */
  readonly name?: string | undefined;
  /** The sync to watch. */
  readonly sync: AllowlistSync;
  /** The receiver to watch. @default - no alarms for a receiver */
  readonly receiver?: Receiver | undefined;
  /** The ingress to watch. @default - no alarms for an ingress */
  readonly ingress?: IIngress | undefined;
  /** The web ACL to watch. @default - that of the ingress, if there is one */
  readonly webAcl?: WebAcl | undefined;
  /** Email address that receives the alarms. @default - none; subscribe to the topic, or look at the dashboard */
  readonly email?: string | undefined;
}

/** An alarm. Its text says what happened, what it means for webhooks, and the first step. */
interface AlarmSpec {
  readonly name: string;
  readonly metric: IMetric;
  readonly says: string;
  /** Section of docs/runbook.md. */
  readonly section: string;
  /** @default 1 */
  readonly threshold?: number;
  /** @default - at or above the threshold */
  readonly comparison?: ComparisonOperator;
  /** Periods in a row. @default 1 */
  readonly periods?: number;
  /**
   * Treatment of missing data: ignored where no data means that a target could not be read, so that the alarm keeps its state.
   *
   * @default - not breaching, because most counts are published only if they are not zero
   */
  readonly missing?: TreatMissingData;
}

const NO_GOOD_RUN = 'NoGoodRun';
const HOUR = Duration.hours(1);
const MINUTES = Duration.minutes(5);

/** Alarms for the sync, the receiver and the ingress, and the topic that they notify. */
export class Alarms extends Construct {
  /** The topic that the alarms notify. */
  public readonly topic: Topic;
  /** All alarms. */
  public readonly all: Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { sync, name = sync.owner, receiver, ingress, webAcl = ingress?.webAcl, email } = props;
    this.topic = new Topic(this, 'Topic', { displayName: `${name} alarms`, enforceSSL: true });
    allowPublish(this.topic, name);
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
    const specs = [
      ...syncAlarms(sync),
      ...(sync.changesTopic ? messageAlarms(sync) : []),
      ...(receiver ? receiverAlarms(receiver) : []),
      ...(ingress ? ingressAlarms(ingress) : []),
      ...(webAcl ? webAclAlarms(webAcl) : []),
    ];
    this.all = specs.map((spec) => this.#alarm(name, spec));
    // Before the run of the first deployment there is no good run, and the alarm would go off.
    for (const { node } of this.all.filter((alarm) => alarm.node.id === NO_GOOD_RUN)) {
      node.addDependency(props.sync.afterDeploy);
    }
  }

  #alarm(name: string, spec: AlarmSpec): Alarm {
    const alarm = new Alarm(this, spec.name, {
      alarmName: `${name}-${spec.name}`,
      alarmDescription: `${spec.says} Runbook: docs/runbook.md#${spec.section}`,
      metric: spec.metric,
      threshold: spec.threshold ?? 1,
      comparisonOperator: spec.comparison ?? ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: spec.periods ?? 1,
      treatMissingData: spec.missing ?? TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    alarm.addOkAction(new SnsAction(this.topic));
    return alarm;
  }
}

/**
 * Allows the alarms to publish. A topic without a policy allows it by default, but the statement that requires TLS creates a policy,
 * which then has to allow CloudWatch explicitly.
 */
function allowPublish(topic: Topic, name: string): void {
  const stack = Stack.of(topic);
  const alarms = stack.formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: `${name}-*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { ArnLike: { 'aws:SourceArn': alarms }, StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  );
}

function syncAlarms(sync: AllowlistSync): AlarmSpec[] {
  return [
    {
      name: 'RunFailed',
      metric: sync.function.metricErrors({ period: MINUTES, statistic: Stats.SUM }),
      says:
        'A scheduled sync run failed: it could not update a target, use any feed, or reach the state table. The ranges in force stay in ' +
        'force; ranges published since may be blocked. First step: run the query "Failed targets and runs".',
      section: 'a-run-failed',
    },
    {
      name: NO_GOOD_RUN,
      metric: sync.metricGoodRuns({ period: HOUR }),
      comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
      periods: 26,
      missing: TreatMissingData.BREACHING,
      says:
        'No sync run has succeeded for 26 hours. If Intercom starts to send from a new range, its notifications are blocked and lost. ' +
        'First step: invoke the sync and read its answer; then check that the schedules still invoke it.',
      section: 'no-good-run-for-26-hours',
    },
    ...sync.intercomRegions.map((region) => ({
      name: `FeedFailing-${region}`,
      // Every run publishes this metric, with 0 for a good feed, so one good run in an hour ends the count.
      metric: sync.metricFeedFailures(region, { period: HOUR, statistic: Stats.MINIMUM }),
      periods: 24,
      says:
        `The ${region.toUpperCase()} feed has been stale or unusable for a day. Its last accepted ranges stay in force; notifications from ` +
        "ranges published since are blocked. First step: read the feed's error in the last run record.",
      section: 'a-feed-is-stale-or-failing',
    })),
    {
      name: 'Exposed',
      metric: sync.metricExposedTargets({ period: HOUR, statistic: Stats.MAXIMUM }),
      missing: TreatMissingData.IGNORE,
      says:
        'An entry that the sync does not manage allows everyone, or a range wider than /20 (IPv4) or /40 (IPv6). The allowlist does not ' +
        'protect the resources behind that target. The history of this alarm shows since when that is known. First step: run the query ' +
        '"Exposures", which says what is open, to whom, and what to do.',
      section: 'a-target-is-exposed',
    },
    {
      name: 'GuardProblem',
      metric: sync.metricGuardProblems({ period: HOUR, statistic: Stats.MAXIMUM }),
      says:
        'Something that makes the allowlist effective does not work, or could not be read: the web ACL, the API, the load balancer or the ' +
        'receiver. Other senders may be allowed, or notifications may be lost. The history of this alarm shows since when that is known. First ' +
        'step: run the query "Exposures", which says what is wrong and what to do.',
      section: 'a-guard-has-a-problem',
    },
    {
      name: 'FeedUntrusted',
      // Hours without an untrusted feed have no data: any of them ends the count.
      metric: sync.metricUntrustedFeeds({ period: HOUR, statistic: Stats.MINIMUM }),
      periods: 24,
      says:
        'For a day, an Intercom region has published entries that were rejected. Until that ends, nothing of the region is removed, so ' +
        'addresses that Intercom gave up stay allowed. Valid entries are still added; notifications from rejected ones are blocked. First ' +
        `step: run "${commandLine(sync.owner, 'status')}", which lists the rejected entries with the reasons.`,
      section: 'a-feed-is-untrusted',
    },
    {
      name: 'PlanAwaitingApproval',
      metric: sync.metricPlansAwaitingApproval({ period: HOUR, statistic: Stats.MAXIMUM }),
      missing: TreatMissingData.IGNORE,
      says:
        'Changes await approval because they would add or remove too much at once, or are blocked because they would empty a target. ' +
        'Meanwhile, ranges that would be added are not allowed, and those that would be removed are still allowed. First step: run ' +
        `"${commandLine(sync.owner, 'status')}"; compare the plan with the feed, then approve or decline it.`,
      section: 'a-plan-awaits-approval',
    },
    {
      name: 'RemovalPending',
      metric: sync.metricRemovalsPending({ period: HOUR, statistic: Stats.MAXIMUM }),
      says:
        'A range is no longer published and will be removed when its grace period ends. Nothing is blocked yet. First step: run the query ' +
        '"Pending and awaiting approval" to see which range; if Intercom still sends from it, raise removalGraceHours.',
      section: 'a-removal-is-pending',
    },
    {
      name: 'FallbackInUse',
      metric: sync.metricFallbacks({ period: HOUR, statistic: Stats.MAXIMUM }),
      says:
        'This stack has never read a usable feed for an Intercom region, so it allows the built-in addresses of June 2026. Addresses ' +
        'published since are blocked, and any that Intercom gave up are allowed. First step: find out why the feed is unavailable.',
      section: 'the-built-in-addresses-are-in-use',
    },
  ];
}

function messageAlarms(sync: AllowlistSync): AlarmSpec[] {
  return [
    {
      name: 'MessagesUnsent',
      // Hours without an unsent message have no data: any of them ends the count.
      metric: sync.metricMessagesUnsent({ period: HOUR }),
      periods: 3,
      says:
        'For three hours, a message about changes could not be sent, so nobody learns what changed or awaits approval. The allowlist is not ' +
        'affected, and the next run that can will send it. First step: search the log of the sync for "not sent": the warnings have the error.',
      section: 'messages-do-not-arrive',
    },
  ];
}

function receiverAlarms(receiver: Receiver): AlarmSpec[] {
  return [
    {
      name: 'DeliveryFailed',
      metric: receiver.metricDeliveryFailed({ period: Duration.minutes(1) }),
      says:
        'The receiver returned 503 or 413: a notification could not be stored, or not verified because no client secret is stored or it could ' +
        'not be read, or it was too large. Intercom retries once, a minute later; if that fails it is lost. First step: read the errors in the ' +
        "receiver's log; each has the reason.",
      section: 'a-delivery-failed',
    },
    {
      name: 'InvalidSignatureBurst',
      metric: receiver.metricInvalidSignature({ period: MINUTES }),
      threshold: 10,
      says:
        "Ten or more requests in 5 minutes had no valid signature. If they come from Intercom's addresses, the client secret does not match " +
        "the app's, and every notification is rejected. First step: compare the secret with the one in Intercom's Developer Hub.",
      section: 'a-burst-of-invalid-signatures',
    },
    {
      name: 'OverflowNotEmpty',
      metric: receiver.metricOverflowMessages({ period: MINUTES }),
      threshold: 0.5,
      periods: 3,
      says:
        'Notifications have waited in the overflow queue for 15 minutes. They are safe for 14 days, but your consumers do not have ' +
        "them. First step: read the redrive function's log, and check that its event source mapping is enabled.",
      section: 'the-overflow-is-not-empty',
    },
    {
      name: 'OverflowGivenUp',
      metric: receiver.overflowDeadLetterQueue.metricApproximateNumberOfMessagesVisible({
        period: MINUTES,
        statistic: Stats.MAXIMUM,
      }),
      says:
        'The redrive failed a thousand times, for about 33 hours, to publish notifications, and no longer retries them. They are lost ' +
        "14 days after they arrived. First step: read the redrive function's log, then move them back from the dead-letter queue.",
      section: 'the-redrive-gave-notifications-up',
    },
  ];
}

function ingressAlarms(ingress: IIngress): AlarmSpec[] {
  return [
    {
      name: 'WebhookFails',
      // A load balancer sees each 503 of a throttled API, which API Gateway counts as a 4XX error.
      metric:
        ingress instanceof AlbIngress
          ? ingress.metricTargetErrors({ period: MINUTES })
          : ingress.api.metricServerError({ period: MINUTES }),
      says:
        'The API returned 5xx: the receiver returned it, crashed, timed out or was throttled. Intercom retries each notification ' +
        'once, a minute later; if that fails it is lost. First step: check whether the alarm DeliveryFailed is on too; if not, ' +
        "look at the receiver's errors and throttles on the dashboard.",
      section: 'the-webhook-fails',
    },
    ...(ingress instanceof AlbIngress
      ? [
          {
            name: 'LoadBalancerFails',
            metric: ingress.metricLoadBalancerErrors({ period: MINUTES }),
            says:
              'The load balancer returned 5xx itself because it did not reach the API. Intercom retries each notification once, a ' +
              'minute later; if that fails it is lost. First step: check the health of its targets.',
            section: 'the-load-balancer-fails',
          },
        ]
      : []),
    {
      name: 'SlowAnswers',
      // Latency for the caller, including cold starts and waiting for a free instance.
      metric: ingress.api.metricLatency({ period: MINUTES, statistic: Stats.percentile(99) }),
      comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
      threshold: 500,
      periods: 3,
      says:
        'One answer in a hundred takes over 500 ms, at which Intercom lowers the priority of this endpoint; over 5 s it counts as ' +
        'failed. First step: see on the dashboard whether the receiver itself is slow, or starts cold or is throttled.',
      section: 'answers-are-slow',
    },
    {
      name: 'NotificationTooLarge',
      metric: ingress.webAcl.metricTooLarge({ period: MINUTES }),
      says:
        'A request from the allowed ranges had 4.6 MB or more. Up to about 4.7 MB the receiver returns 413; above that API Gateway does, ' +
        'without invoking it. The notification is lost after one retry. First step: find its time in the access log of the API, and its topic in Intercom.',
      section: 'a-notification-is-too-large',
    },
  ];
}

function webAclAlarms(webAcl: WebAcl): AlarmSpec[] {
  return [
    {
      name: 'IntercomBlocked',
      metric: webAcl.metricBlockedLikeIntercom({ period: MINUTES }),
      says:
        "The web ACL blocked (with webAclMode=count: would have blocked) a request with Intercom's user agent. After a range change it may " +
        'be a notification that is being lost. First step: look its address up in the query "Blocked source addresses" and in the feed.',
      section: 'intercom-is-blocked',
    },
  ];
}
