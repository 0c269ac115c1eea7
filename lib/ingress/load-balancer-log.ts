import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { PrivateBucket } from '../private-bucket';

/** A bucket to which load balancers of this account can write their access logs. */
export class LoadBalancerLog extends PrivateBucket {
  constructor(scope: Construct, id: string) {
    super(scope, id, { expiration: Duration.days(90), accessLogExemption: 'The bucket holds a log' });
    const { account } = Stack.of(this);
    // The service principal works in every Region; the older account ids require the Region at synthesis.
    this.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('logdelivery.elasticloadbalancing.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [this.arnForObjects(`AWSLogs/${account}/*`)],
      }),
    );
  }
}
