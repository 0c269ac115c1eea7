import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { AllowlistGuard } from '../sync/allowlist-guard';
import type { IpSets } from '../sync/ip-sets';
import type { WebAcl, WebAclMode } from './web-acl';

/** Properties of every ingress. */
export interface IngressProps {
  /** Name of the API and the web ACL, and of the log group `aws-waf-logs-{name}`. Unique in an account and AWS Region. */
  readonly name: string;
  readonly ipSets: IpSets;
  /** The receiver. */
  readonly handler: IFunction;
  /** `count` blocks nothing: the web ACL counts and logs the requests that `block` would block. @default block */
  readonly webAclMode?: WebAclMode | undefined;
}

/** The path between the internet and the receiver. */
export interface Ingress {
  /** The URL to paste into Intercom. */
  readonly webhookUrl: string;
  readonly webAcl: WebAcl;
  /** The REST API that invokes the receiver. */
  readonly api: RestApi;
  /** ARN of the resource that the web ACL is in front of. */
  readonly protectedArn: string;
  /** What makes the allowlist effective, in addition to the web ACL. */
  readonly guards: AllowlistGuard[];
  /** Requests for which a load balancer in front of the API returned an error, if there is one. */
  metricLoadBalancerErrors?(options?: MetricOptions): IMetric;
}
