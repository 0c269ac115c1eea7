import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AllowlistSync } from './allowlist-sync';
import type { Config } from './config';
import { IpSets } from './ip-sets';
import { OverviewDashboard } from './overview-dashboard';
import { Receiver } from './receiver';
import { RegionalEdge } from './regional-edge';

export interface IntercomAllowlistStackProps extends StackProps {
  readonly config: Config;
}

/** From published feeds to a guarded webhook URL. Every name in it starts with the stack's, so two never collide. */
export class IntercomAllowlistStack extends Stack {
  constructor(scope: Construct, id: string, { config, ...props }: IntercomAllowlistStackProps) {
    super(scope, id, {
      description: "Keeps AWS WAF IP sets and security groups equal to Intercom's published webhook ranges",
      ...props,
      stackName: config.stackName,
    });
    const name = config.stackName;
    const ipSets = new IpSets(this, 'IpSets', { name });
    const sync = new AllowlistSync(this, 'Sync', { config, ipSets });
    const receiver = new Receiver(this, 'Receiver', { name });
    const edge = new RegionalEdge(this, 'Edge', { name, ipSets, handler: receiver.function });
    sync.afterDeploy.executeAfter(edge);
    const dashboard = new OverviewDashboard(this, 'Overview', { name, sync, receiver, webAclName: edge.webAclName });

    const outputs = {
      WebhookUrl: edge.webhookUrl,
      SyncFunctionName: sync.function.functionName,
      ClientSecretArn: receiver.clientSecret.secretArn,
      EventBusName: receiver.bus.eventBusName,
      DashboardUrl: dashboard.url,
      Ipv4IpSetArn: ipSets.ipv4Arn,
      Ipv6IpSetArn: ipSets.ipv6Arn,
    };
    for (const [key, value] of Object.entries(outputs)) new CfnOutput(this, key, { value });
  }
}
