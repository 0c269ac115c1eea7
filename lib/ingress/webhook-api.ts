import { LambdaIntegration, RestApi, type RestApiProps } from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { WEBHOOK_PATH } from '../../lambda/shared/constants';
import { acknowledge } from '../acknowledge';
import type { ApiAccessLog } from './api-access-log';
import { addGatewayResponses } from './gateway-responses';

export interface WebhookApiProps {
  readonly name: string;
  /** The receiver. */
  readonly handler: IFunction;
  readonly accessLog: ApiAccessLog;
  /** Endpoint type and policy, the only difference between the APIs of the ingresses. */
  readonly endpoint: Pick<RestApiProps, 'endpointConfiguration' | 'policy'>;
}

/**
 * Requests per second, and burst. Intercom sends up to 150,000 requests per minute, 2,500 per second. The limits are twice that, and
 * half of the account's quota of 10,000 per second with a burst of 5,000.
 */
const THROTTLE = { throttlingRateLimit: 5000, throttlingBurstLimit: 5000 } as const;

const STAGE = 'live';

/** The path of the webhook in the URLs of every ingress. */
export const WEBHOOK_URL_PATH = `/${STAGE}/${WEBHOOK_PATH}`;

/** A REST API with one path that accepts HEAD and POST and passes every body to the function byte for byte. */
export class WebhookApi extends RestApi {
  constructor(scope: Construct, id: string, { name, handler, accessLog, endpoint }: WebhookApiProps) {
    super(scope, id, {
      restApiName: name,
      description: 'Receives Intercom webhooks',
      ...endpoint,
      // The signature covers the raw bytes. As binary media they reach the function unchanged.
      binaryMediaTypes: ['*/*'],
      // The role for API Gateway's logs is an account-wide setting.
      cloudWatchRole: false,
      deployOptions: { stageName: STAGE, ...THROTTLE, ...accessLog.stageOptions },
    });
    // The CDK's own output would be a URL without a method.
    this.node.tryRemoveChild('Endpoint');
    addGatewayResponses(this);
    const webhook = this.root.addResource(WEBHOOK_PATH);
    // Intercom sends HEAD to check the URL when it is saved.
    for (const method of ['HEAD', 'POST']) {
      webhook.addMethod(method, new LambdaIntegration(handler, { allowTestInvoke: false }));
    }
    const noAuthorizer = 'The web ACL allows only Intercom, and the receiver verifies the signature of every body';
    acknowledge(this, {
      APIG2:
        "The receiver validates. A validator here would respond instead of it, and could not know Intercom's future topics",
      APIG4: noAuthorizer,
      APIG6: 'Execution logs would contain bodies, and need a role that is an account-wide setting',
      COG4: noAuthorizer,
    });
  }
}
