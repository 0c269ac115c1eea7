import { Logger } from '@aws-lambda-powertools/logger';
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { messageOf } from '../shared/errors';
import { Env } from '../shared/names';
import { parseNotification } from './notification';
import { fitsBus, publish } from './publish';
import { isSigned } from './signature';

const logger = new Logger({ serviceName: 'receiver' });
/** Two short tries a call, two calls: all within the function's 4 seconds. */
const AWS_CLIENT = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 300, requestTimeout: 800, throwOnRequestTimeout: true },
} as const;
const secrets = new SecretsProvider({ clientConfig: AWS_CLIENT });
const events = new EventBridgeClient(AWS_CLIENT);
const secretArn = process.env[Env.clientSecretArn] ?? '';
const busName = process.env[Env.eventBusName] ?? '';

/** A new client secret takes effect within this time. */
const SECRET_MAX_AGE_SECONDS = 60;

/** Answers Intercom: 200 once a notification is durable. Never 410 (disables the subscription) nor 429 (throttles it). */
export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  try {
    return { statusCode: event.httpMethod === 'HEAD' ? 200 : await receive(event), body: '' };
  } catch (error) {
    logger.error('Answered 503: the notification is not durable. Intercom sends it once more in a minute, then never', {
      reason: messageOf(error),
    });
    return { statusCode: 503, body: '' };
  }
}

async function receive(event: APIGatewayProxyEvent): Promise<number> {
  const body = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (!isSigned(body, headerOf(event, 'x-hub-signature'), await clientSecret())) {
    logger.warn('Answered 401: the signature is missing or wrong', {
      sourceIp: event.requestContext.identity.sourceIp,
      bytes: body.length,
    });
    return 401;
  }
  const parsed = parseNotification(body);
  if (!parsed) {
    logger.warn('Answered 400: signed, but not a notification', { bytes: body.length });
    return 400;
  }
  const { text, notification } = parsed;
  const { topic } = notification;
  const id = typeof notification.id === 'string' ? notification.id : undefined;
  if (topic === 'ping') return 200;
  if (!fitsBus(text, notification)) {
    logger.error('Answered 413: too large for the event bus, so the notification is lost', {
      topic,
      id,
      bytes: body.length,
    });
    return 413;
  }
  await publish(events, busName, text, notification);
  logger.info('Published', { topic, id });
  return 200;
}

let lastSecret: string | undefined;

/**
 * The client secret. When Secrets Manager can't be had, the last one that could: to lose notifications would help nobody.
 *
 * @throws Error when there is none.
 */
async function clientSecret(): Promise<string> {
  try {
    const secret = await secrets.get(secretArn, { maxAge: SECRET_MAX_AGE_SECONDS });
    if (typeof secret !== 'string' || secret === '') throw new Error(`Secret ${secretArn} holds no text`);
    lastSecret = secret;
  } catch (error) {
    if (lastSecret === undefined) throw error;
    logger.warn('Secrets Manager could not be had: the client secret of before is used', { reason: messageOf(error) });
  }
  return lastSecret;
}

/** API Gateway keeps the case in which a header was sent. */
function headerOf({ headers }: APIGatewayProxyEvent, name: string): string | undefined {
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}
