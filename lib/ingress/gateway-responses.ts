import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

/** A body that reveals nothing. */
const NOTHING = { 'application/json': '{}' };

/** The responses of the API itself: only a status, and never one at which Intercom stops sending. */
export function addGatewayResponses(api: RestApi): void {
  const responses: [id: string, type: ResponseType, statusCode?: string][] = [
    ['Rejected', ResponseType.DEFAULT_4XX],
    ['Failed', ResponseType.DEFAULT_5XX],
    // Another path or method. The default is 403.
    ['NotFound', ResponseType.MISSING_AUTHENTICATION_TOKEN, '404'],
    // On a 429, Intercom throttles all notifications for up to two hours; on a 503 it retries.
    ['Throttled', ResponseType.THROTTLED, '503'],
  ];
  for (const [id, type, statusCode] of responses) {
    api.addGatewayResponse(id, { type, templates: NOTHING, ...(statusCode ? { statusCode } : {}) });
  }
}
