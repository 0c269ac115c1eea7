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
  /** Where the API can be called: the only way in which the edges' APIs differ. */
  readonly endpoint: Pick<RestApiProps, 'endpointConfiguration' | 'policy'>;
}

/**
 * Requests a second, and at once. Intercom sends up to 150,000 a minute, 2,500 a second, so half of what API Gateway gives a whole
 * account (10,000 a second; 5,000 at once) is twice what is needed.
 */
const THROTTLE = { throttlingRateLimit: 5000, throttlingBurstLimit: 5000 } as const;

const STAGE = 'live';

/** The path of the webhook in the URLs of every ingress. */
export const WEBHOOK_URL_PATH = `/${STAGE}/${WEBHOOK_PATH}`;

/** A REST API with one path, HEAD and POST, which hands every body on byte for byte. */
export class WebhookApi extends RestApi {
  constructor(scope: Construct, id: string, { name, handler, accessLog, endpoint }: WebhookApiProps) {
    super(scope, id, {
      restApiName: name,
      description: 'Receives Intercom webhooks',
      ...endpoint,
      // The signature covers raw bytes: as binary media they reach the function untouched, whatever they are.
      binaryMediaTypes: ['*/*'],
      // The role for API Gateway's logs is one setting for the whole account: not this stack's to make.
      cloudWatchRole: false,
      deployOptions: { stageName: STAGE, ...THROTTLE, ...accessLog.stageOptions },
    });
    // The stack has outputs of its own; CDK's would name a URL that answers nothing.
    this.node.tryRemoveChild('Endpoint');
    addGatewayResponses(this);
    const webhook = this.root.addResource(WEBHOOK_PATH);
    // Intercom sends HEAD to check the URL when it is saved.
    for (const method of ['HEAD', 'POST']) {
      webhook.addMethod(method, new LambdaIntegration(handler, { allowTestInvoke: false }));
    }
    const noAuthorizer = 'The web ACL admits only Intercom and the receiver checks the signature of every body';
    acknowledge(this, {
      APIG2:
        "The receiver validates; a validator here would answer in its place and could not know Intercom's future topics",
      APIG4: noAuthorizer,
      APIG6: 'Execution logs would hold bodies, and need a role that is one setting for the whole account',
      COG4: noAuthorizer,
    });
  }
}
