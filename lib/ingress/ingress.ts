import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IpSets } from '../sync/ip-sets';
import type { WebAcl } from './web-acl';

/** What every ingress is made of. */
export interface IngressProps {
  /** Names the API, the web ACL and `aws-waf-logs-{name}`: unique in an account and AWS Region. */
  readonly name: string;
  readonly ipSets: IpSets;
  /** The receiver. */
  readonly handler: IFunction;
}

/** What stands between the internet and the receiver. */
export interface Ingress {
  /** The URL to paste into Intercom. */
  readonly webhookUrl: string;
  readonly webAcl: WebAcl;
  /** Its `metricXxx()` are those of every REST API of CDK. */
  readonly api: RestApi;
  /** Requests to which a load balancer before the API answered an error of its own, if there is one. */
  metricLoadBalancerErrors?(options?: MetricOptions): IMetric;
}
