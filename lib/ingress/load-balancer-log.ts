import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { PrivateBucket } from '../private-bucket';

/** Where load balancers of this account may write their access logs to. */
export class LoadBalancerLog extends PrivateBucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, { expiration: Duration.days(90), accessLogExemption: 'It is a log itself' });
    const { account } = Stack.of(this);
    // The service principal works in every Region; the account ids of old need to know the Region at synthesis.
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.arnForObjects(`AWSLogs/${account}/*`)],
      }),
    );
  }
}
