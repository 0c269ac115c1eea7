import { Stack } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IWidget,
  LogQueryWidget,
  MathExpression,
  type Metric,
  Row,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { dashboardUrl } from '../../lambda/shared/dashboard';
import type { Ingress } from '../ingress/ingress';
import type { WebAcl } from '../ingress/web-acl';
import type { Receiver } from '../receiver/receiver';
import type { AllowlistSync } from '../sync/allowlist-sync';
import type { IpSets } from '../sync/ip-sets';
import type { Alarms } from './alarms';
import type { AllowlistWidget } from './allowlist-widget';
import { queryLines, SAVED_QUERIES } from './saved-queries';

export interface OverviewDashboardProps {
  readonly name: string;
  readonly sync: AllowlistSync;
  readonly ipSets?: IpSets | undefined;
  readonly receiver?: Receiver | undefined;
  readonly ingress?: Ingress | undefined;
  readonly webAcl?: WebAcl | undefined;
  readonly alarms: Alarms;
  readonly widget: AllowlistWidget;
}

/** A dashboard is 24 units wide; at 1,280 pixels a third of it still shows a graph with its legend. */
const WIDTH = 24;
const THIRD = 8;

/** A dashboard of the ranges in force and their changes, the traffic, and the alarms. */
export class OverviewDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, props: OverviewDashboardProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    const { name } = props;
    new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      widgets: [
        status(props),
        props.widget.widget({ width: WIDTH, height: 14 }),
        ranges(props),
        diffs(props),
        traffic(props),
      ].map((row) => [row]),
    });
    this.url = dashboardUrl(region, name);
  }
}

function status({ alarms, sync, receiver }: OverviewDashboardProps): IWidget {
  return new Row(
    new AlarmStatusWidget({ title: 'Alarms', width: 16, height: 5, alarms: [...alarms.alarms] }),
    new SingleValueWidget({
      title: 'Now (-- is none)',
      width: THIRD,
      height: 5,
      metrics: [
        sync.metricGoodRuns({ label: 'good runs' }),
        orZero('plans', sync.metricPlansAwaitingApproval(), 'plans waiting'),
        orZero('removals', sync.metricRemovalsPending(), 'pending removals'),
        ...(receiver ? [receiver.metricAccepted({ label: 'accepted' })] : []),
      ],
    }),
  );
}

/** For a count that is published only if it is not zero, so that a plan approved since is not shown any more. */
function orZero(id: string, metric: Metric, label: string): MathExpression {
  return new MathExpression({ expression: `FILL(${id}, 0)`, usingMetrics: { [id]: metric }, label });
}

function ranges({ sync, ipSets }: OverviewDashboardProps): IWidget {
  const sets = ipSets ? { v4: ipSets.ipv4Arn, v6: ipSets.ipv6Arn } : {};
  const inForce = sync.intercomRegions.flatMap((region) =>
    Object.entries(sets).map(([family, arn]) =>
      sync.metricRangesInForce(region, arn, { label: `${region} ${family}` }),
    ),
  );
  return new Row(
    new GraphWidget({
      title: ipSets ? 'Ranges in force in the IP sets, and where they changed' : 'Ranges that changed',
      width: 16,
      left: inForce,
      right: [sync.metricRangesAdded({ label: 'added' }), sync.metricRangesRemoved({ label: 'removed' })],
      leftYAxis: { min: 0, showUnits: false },
      rightYAxis: { min: 0, showUnits: false },
    }),
    new GraphWidget({
      title: 'Runs with a stale or failing feed',
      width: THIRD,
      left: sync.intercomRegions.map((region) => sync.metricFeedFailures(region, { label: region })),
      leftYAxis: { min: 0, showUnits: false },
    }),
  );
}

function diffs({ sync }: OverviewDashboardProps): IWidget {
  return new LogQueryWidget({
    title: 'Range diffs',
    width: WIDTH,
    height: 8,
    logGroupNames: [sync.logGroup.logGroupName],
    queryLines: queryLines(SAVED_QUERIES.diffs),
  });
}

function traffic({ ingress, receiver, sync, webAcl }: OverviewDashboardProps): IWidget {
  return new Row(
    ...(webAcl ? [requestsOf(webAcl)] : []),
    ...(ingress && receiver ? [notifications(ingress, receiver)] : []),
    new GraphWidget({
      title: 'Sync runs',
      width: THIRD,
      left: [sync.function.metricInvocations(), sync.function.metricErrors()],
      right: [sync.metricRunDuration({ label: 'duration, ms' })],
    }),
  );
}

function requestsOf(webAcl: WebAcl): IWidget {
  return new GraphWidget({
    title: 'Web ACL',
    width: THIRD,
    left: [
      webAcl.metricAllowed({ label: 'allowed' }),
      webAcl.metricBlocked({ label: webAcl.mode === 'block' ? 'blocked' : 'would be blocked' }),
    ],
    right: [webAcl.metricBlockedLikeIntercom({ label: 'of these, like Intercom' })],
  });
}

function notifications(ingress: Ingress, receiver: Receiver): IWidget {
  return new GraphWidget({
    title: 'Receiver',
    width: THIRD,
    left: [
      receiver.metricAccepted({ label: 'accepted' }),
      receiver.metricOverflowed({ label: 'overflowed' }),
      receiver.metricDuplicates({ label: 'duplicates' }),
      receiver.metricInvalidSignature({ label: 'invalid signature' }),
      receiver.metricDeliveryFailed({ label: 'at risk' }),
      ingress.api.metricServerError({ label: 'answered 5xx' }),
      receiver.function.metricErrors({ label: 'crashed or timed out' }),
      receiver.function.metricThrottles({ label: 'throttled' }),
    ],
    right: [
      receiver.metricLatency({ label: 'p99 of the function, ms' }),
      ingress.api.metricLatency({ label: 'p99 for Intercom, ms', statistic: Stats.percentile(99) }),
    ],
  });
}
