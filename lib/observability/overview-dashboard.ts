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
import type { IIngress } from '../ingress/ingress';
import { type WebAcl, WebAclMode } from '../ingress/web-acl';
import type { Receiver } from '../receiver/receiver';
import type { AllowlistSync } from '../sync/allowlist-sync';
import type { IIpSets } from '../sync/ip-sets';
import type { Alarms } from './alarms';
import type { AllowlistWidget } from './allowlist-widget';
import { dashboardUrl } from './console-url';
import { queryLines, SAVED_QUERIES } from './saved-queries';

/** Properties of `OverviewDashboard`. Without an optional part, the dashboard has no widgets for it. */
export interface OverviewDashboardProps {
  /**
   * Name of the dashboard.
   *
   * @default - the owner of the sync
   */
  readonly name?: string | undefined;
  /** The sync to show. */
  readonly sync: AllowlistSync;
  /** The IP sets whose ranges in force are shown. @default - none */
  readonly ipSets?: IIpSets | undefined;
  /** The receiver to show. @default - none */
  readonly receiver?: Receiver | undefined;
  /** The ingress to show. @default - none */
  readonly ingress?: IIngress | undefined;
  /** The web ACL to show. @default - that of the ingress, if there is one */
  readonly webAcl?: WebAcl | undefined;
  /** The alarms to show. @default - none */
  readonly alarms?: Alarms | undefined;
  /** The custom widget to show. @default - none */
  readonly widget?: AllowlistWidget | undefined;
}

/** A dashboard is 24 units wide; at 1,280 pixels a third of it still shows a graph with its legend. */
const WIDTH = 24;
const THIRD = 8;

/** A dashboard of the ranges in force and their changes, the traffic, and the alarms. */
export class OverviewDashboard extends Construct {
  /** URL of the dashboard in the console. */
  public readonly url: string;

  constructor(scope: Construct, id: string, props: OverviewDashboardProps) {
    super(scope, id);
    const { name = props.sync.owner } = props;
    const widget = props.widget?.widget({ width: WIDTH, height: 14 });
    new Dashboard(this, 'Dashboard', {
      dashboardName: name,
      widgets: [status(props), ...(widget ? [widget] : []), ranges(props), diffs(props), traffic(props)].map((row) => [
        row,
      ]),
    });
    this.url = dashboardUrl(this, name);
  }
}

function status({ alarms, sync, receiver }: OverviewDashboardProps): IWidget {
  const now = new SingleValueWidget({
    title: 'Now (-- means none)',
    width: THIRD,
    height: 5,
    metrics: [
      sync.metricGoodRuns({ label: 'good runs' }),
      orZero('plans', sync.metricPlansAwaitingApproval(), 'plans awaiting approval'),
      orZero('removals', sync.metricRemovalsPending(), 'pending removals'),
      ...(receiver ? [receiver.metricAccepted({ label: 'accepted' })] : []),
    ],
  });
  if (!alarms) return new Row(now);
  return new Row(new AlarmStatusWidget({ title: 'Alarms', width: 16, height: 5, alarms: alarms.all }), now);
}

/** For a count that is published only if it is not zero, so that a plan approved since is not shown any more. */
function orZero(id: string, metric: Metric, label: string): MathExpression {
  return new MathExpression({ expression: `FILL(${id}, 0)`, usingMetrics: { [id]: metric }, label });
}

function ranges({ sync, ipSets }: OverviewDashboardProps): IWidget {
  return new Row(
    new GraphWidget({
      title: ipSets ? 'Ranges in force in the IP sets, and where they changed' : 'Ranges that changed',
      width: 16,
      left: ipSets ? inForce(sync, ipSets) : [],
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

function inForce(sync: AllowlistSync, { ipv4Arn, ipv6Arn }: IIpSets): Metric[] {
  return sync.intercomRegions.flatMap((region) => [
    sync.metricRangesInForce(region, ipv4Arn, { label: `${region} v4` }),
    sync.metricRangesInForce(region, ipv6Arn, { label: `${region} v6` }),
  ]);
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

function traffic({ ingress, receiver, sync, webAcl = ingress?.webAcl }: OverviewDashboardProps): IWidget {
  return new Row(
    ...(webAcl ? [requestsOf(webAcl)] : []),
    ...(receiver ? [notifications(receiver, ingress)] : []),
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
      webAcl.metricBlocked({ label: webAcl.mode === WebAclMode.BLOCK ? 'blocked' : 'would be blocked' }),
    ],
    right: [webAcl.metricBlockedLikeIntercom({ label: "with Intercom's user agent" })],
  });
}

function notifications(receiver: Receiver, ingress: IIngress | undefined): IWidget {
  return new GraphWidget({
    title: 'Receiver',
    width: THIRD,
    left: [
      receiver.metricAccepted({ label: 'accepted' }),
      receiver.metricOverflowed({ label: 'overflowed' }),
      receiver.metricDuplicates({ label: 'duplicates' }),
      receiver.metricInvalidSignature({ label: 'invalid signature' }),
      receiver.metricDeliveryFailed({ label: 'delivery failed' }),
      ...(ingress ? [ingress.api.metricServerError({ label: 'answered 5xx' })] : []),
      receiver.function.metricErrors({ label: 'crashed or timed out' }),
      receiver.function.metricThrottles({ label: 'throttled' }),
    ],
    right: [
      receiver.metricLatency({ label: 'p99 of the function, ms' }),
      ...(ingress
        ? [ingress.api.metricLatency({ label: 'p99 for Intercom, ms', statistic: Stats.percentile(99) })]
        : []),
    ],
  });
}
