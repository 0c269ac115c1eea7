/**
 * Keeps an allowlist that is in use already: the security group of a load balancer, and an IP set that its web ACL lets in.
 * Nothing in front of your webhook is made or replaced; the sync only adds Intercom's ranges, and takes out what it added.
 *
 *     npx cdk deploy --app 'node --import tsx examples/existing-alb/app.ts' \
 *       -c securityGroupId=sg-... -c ipSetArn=arn:aws:wafv2:...
 */
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { AllowlistSync, AllowlistTarget, IntercomRegion } from 'intercom-allowlist';

const app = new App();
const stack = new Stack(app, 'ExistingAlb');

// In your own app these are constructs of yours.
const loadBalancerGroup = SecurityGroup.fromSecurityGroupId(
  stack,
  'LoadBalancerGroup',
  app.node.getContext('securityGroupId'),
);
const partners: string = app.node.getContext('ipSetArn');

const sync = new AllowlistSync(stack, 'IntercomAllowlist', {
  intercomRegions: [IntercomRegion.EU],
  feedBaseUrl: app.node.tryGetContext('feedBaseUrl'),
  targets: [AllowlistTarget.securityGroup(loadBalancerGroup, { ports: [443] }), AllowlistTarget.ipSet(partners)],
});

sync.metricTargetFailures().createAlarm(stack, 'SyncFailed', {
  alarmDescription:
    'The allowlist of the webhook may lack addresses that Intercom has published: read the log of the sync',
  evaluationPeriods: 1,
  threshold: 1,
  // Failures are published only when there are any.
  treatMissingData: TreatMissingData.NOT_BREACHING,
});
new CfnOutput(stack, 'SyncFunctionName', { value: sync.function.functionName });
