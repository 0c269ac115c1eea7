import type { RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import type { AllowlistGuard } from '../sync/allowlist-guard';
import type { IIpSets } from '../sync/ip-sets';
import type { WebAcl, WebAclMode } from './web-acl';

/** Properties of every ingress. */
export interface IngressProps {
  /**
   * Name of the API and the web ACL, and of the log group `aws-waf-logs-{name}`. Unique in an account and AWS Region.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /** The IP sets with the allowed ranges. */
  readonly ipSets: IIpSets;
  /** The function that handles requests: `function` of a `Receiver`. */
  readonly handler: IFunction;
  /**
   * Whether the web ACL blocks requests that are not from the allowed ranges, or only counts and logs them.
   *
   * @default WebAclMode.BLOCK
   */
  readonly webAclMode?: WebAclMode | undefined;
}

/** The path between the internet and the receiver. */
export interface IIngress extends IConstruct {
  /** The URL to paste into Intercom. */
  readonly webhookUrl: string;
  /** The web ACL in front of the API. */
  readonly webAcl: WebAcl;
  /** The REST API that invokes the receiver. */
  readonly api: RestApi;
  /** ARN of the resource that the web ACL is in front of. */
  readonly protectedArn: string;
  /** What makes the allowlist effective, in addition to the web ACL. */
  readonly guards: AllowlistGuard[];
}
