import { Stack } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, LogQueryWidget, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { AllowlistSync } from './allowlist-sync';
import type { Receiver } from './receiver';

export interface OverviewDashboardProps {
  readonly name: string;
  readonly sync: AllowlistSync;
  readonly receiver: Receiver;
  readonly webAclName: string;
}

/** What came through, what was blocked, and what the sync changed. */
export class OverviewDashboard extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { name, sync, receiver, webAclName }: OverviewDashboardProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: name });
    const requests = (metricName: string) =>
      new Metric({
        namespace: 'AWS/WAFV2',
        metricName,
        statistic: Stats.SUM,
        dimensionsMap: { WebACL: webAclName, Rule: 'ALL', Region: region },
      });
    dashboard.addWidgets(
      new GraphWidget({
        title: 'Web ACL',
        width: 8,
        left: [requests('AllowedRequests'), requests('BlockedRequests')],
      }),
      new GraphWidget({
        title: 'Receiver',
        width: 8,
        left: [receiver.function.metricInvocations(), receiver.function.metricErrors()],
        right: [receiver.function.metricDuration({ statistic: Stats.percentile(99) })],
      }),
      new GraphWidget({
        title: 'Sync runs',
        width: 8,
        left: [sync.function.metricInvocations(), sync.function.metricErrors()],
      }),
      new LogQueryWidget({
        title: 'Runs that changed, planned, refused or failed',
        width: 24,
        logGroupNames: [sync.logGroup.logGroupName],
        queryLines: [
          'fields @timestamp, level, message',
          'filter ispresent(runId) and (outcome != "in-sync" or level = "ERROR")',
          'sort @timestamp desc',
          'limit 50',
        ],
      }),
    );
    this.url = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboards/${name}`;
  }
}
