import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';

/** Says nothing about what is behind it. */
const NOTHING = { 'application/json': '{}' };

/** What an API answers where no function does: nothing but a status, and never one that Intercom takes for an order to stop. */
export function addGatewayResponses(api: RestApi): void {
  const answers: [id: string, type: ResponseType, statusCode?: string][] = [
    ['Rejected', ResponseType.DEFAULT_4XX],
    ['Failed', ResponseType.DEFAULT_5XX],
    // Another path or method; by default 403, as if there were something to be let in to.
    ['NotFound', ResponseType.MISSING_AUTHENTICATION_TOKEN, '404'],
    // To a 429 Intercom throttles everything for up to two hours; a 503 it just sends again.
    ['Throttled', ResponseType.THROTTLED, '503'],
  ];
  for (const [id, type, statusCode] of answers) {
    api.addGatewayResponse(id, { type, templates: NOTHING, ...(statusCode ? { statusCode } : {}) });
  }
}
