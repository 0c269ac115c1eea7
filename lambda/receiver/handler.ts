import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { Aws } from '../shared/aws/aws';
import { readAwsSettings } from '../shared/aws/settings';
import { instruments } from '../shared/instruments';
import { Service } from '../shared/metrics';
import { Env, RECEIVER_TIMEOUT_MS } from '../shared/names';
import { Bus } from './bus';
import { callerOf } from './caller';
import { ClientSecrets } from './client-secrets';
import { DeduplicationTable } from './deduplication-table';
import { Delivery } from './delivery';
import { OverflowStore } from './overflow-store';
import { receive, type WebhookRequest } from './receive';
import { report, statusOf } from './report';

const env = (key: string): string => process.env[key] ?? '';
const { logger, metrics } = instruments(Service.receiver);
const aws = new Aws(readAwsSettings(process.env));
const secrets = new ClientSecrets(aws, env(Env.clientSecretArn), (message, reason) => logger.warn(message, { reason }));
const delivery = new Delivery(
  new Bus(aws, env(Env.eventBusName)),
  new OverflowStore(aws, env(Env.overflowQueueUrl), env(Env.overflowBucket)),
  new DeduplicationTable(aws, env(Env.deduplicationTable)),
);

/** Answers Intercom: 200 once a notification is durable. */
export async function handler(event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const started = performance.now();
  const request = requestOf(event);
  const outcome = await receive(request, secrets, delivery, Date.now() + RECEIVER_TIMEOUT_MS);
  const call = {
    requestId: event.requestContext?.requestId,
    sourceIp: callerOf(event.requestContext?.identity?.sourceIp, headerOf(event, 'x-forwarded-for')),
    bytes: request.body.length,
    milliseconds: performance.now() - started,
  };
  report(outcome, call, metrics, logger);
  return { statusCode: statusOf(outcome), body: '' };
}

function requestOf(event: APIGatewayProxyEvent): WebhookRequest {
  const { httpMethod, body, isBase64Encoded } = event;
  const text = typeof body === 'string' ? body : '';
  const signature = headerOf(event, 'x-hub-signature');
  return { method: httpMethod, body: Buffer.from(text, isBase64Encoded ? 'base64' : 'utf8'), signature };
}

/** API Gateway keeps the case in which a header was sent. */
function headerOf({ headers }: APIGatewayProxyEvent, wanted: string): string | undefined {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1];
}
