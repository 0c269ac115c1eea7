import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { Env } from '../shared/constants';
import { Service } from '../shared/metrics';
import { observability } from '../shared/observability';
import { Bus } from './bus';
import { ClientSecrets } from './client-secrets';
import { Deadline } from './deadline';
import { DeduplicationTable } from './deduplication-table';
import { Delivery } from './delivery';
import { OverflowStore } from './overflow-store';
import { receive, type WebhookRequest } from './receive';
import { report, statusOf } from './report';
import { sourceAddressOf } from './source-address';

const env = (key: string): string => process.env[key] ?? '';
const { logger, metrics } = observability(Service.receiver);
/** The second attempt is for transient errors. Only the deadline of the request limits the time. */
const CLIENT = { maxAttempts: 2 };
const secrets = new ClientSecrets(new SecretsManagerClient(CLIENT), env(Env.clientSecretArn), (message, reason) =>
  logger.warn(message, { reason }),
);
const delivery = new Delivery(
  new Bus(new EventBridgeClient(CLIENT), env(Env.eventBusName)),
  new OverflowStore(env(Env.overflowQueueUrl), env(Env.overflowBucket)),
  new DeduplicationTable(new DynamoDBClient(CLIENT), env(Env.deduplicationTable)),
);

/** Time for logging and answering. */
const ANSWER_RESERVE_MS = 100;

/** Answers Intercom: 200 once a notification is durable. */
export async function handler(event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult> {
  const started = performance.now();
  const deadline = Deadline.after(context.getRemainingTimeInMillis()).before(ANSWER_RESERVE_MS);
  const request = requestOf(event);
  const outcome = await receive(request, secrets, delivery, deadline);
  const call = {
    requestId: event.requestContext?.requestId,
    sourceIp: sourceAddressOf(event.requestContext?.identity?.sourceIp, headerOf(event, 'x-forwarded-for')),
    bytes: request.body.length,
    milliseconds: performance.now() - started,
  };
  report(outcome, call, metrics, logger);
  return { statusCode: statusOf(outcome), body: '' };
}

function requestOf(event: APIGatewayProxyEvent): WebhookRequest {
  const { httpMethod, body, isBase64Encoded } = event;
  const text = typeof body === 'string' ? body : '';
  const signatures = { hub: headerOf(event, 'x-hub-signature'), body: headerOf(event, 'x-body-signature') };
  return { method: httpMethod, body: Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8'), signatures };
}

/** API Gateway keeps the case in which a header was sent. */
function headerOf({ headers }: APIGatewayProxyEvent, wanted: string): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
