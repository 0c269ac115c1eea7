import {
  APIGatewayClient,
  CreateDeploymentCommand,
  CreateRestApiCommand,
  GetResourcesCommand,
  PutIntegrationCommand,
  PutMethodCommand,
} from '@aws-sdk/client-api-gateway';
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { AssociateWebACLCommand, CreateWebACLCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import type { GuardSetting } from '../lambda/shared/guards';
import type { Moto } from '../test/integration/moto';

/** Creates what the default ingress guards. */
export async function makeGuards({ direct, proxy }: Moto): Promise<readonly GuardSetting[]> {
  const api = await makeApi(new APIGatewayClient(direct));
  const protects = `arn:aws:apigateway:${direct.region}::/restapis/${api}/stages/live`;
  const waf = new WAFV2Client(direct);
  const VisibilityConfig = { MetricName: 'bench', CloudWatchMetricsEnabled: false, SampledRequestsEnabled: false };
  const { Summary } = await waf.send(
    new CreateWebACLCommand({ Name: 'bench', Scope: 'REGIONAL', DefaultAction: { Block: {} }, VisibilityConfig }),
  );
  await waf.send(new AssociateWebACLCommand({ ResourceArn: protects, WebACLArn: Summary?.ARN }));
  await new EventBridgeClient(direct).send(new CreateEventBusCommand({ Name: 'bench' }));
  const secret = await new SecretsManagerClient(direct).send(
    new CreateSecretCommand({ Name: 'bench', SecretString: 'the-client-secret-of-the-bench' }),
  );
  const queue = await new SQSClient(direct).send(new CreateQueueCommand({ QueueName: 'bench' }));
  return [
    { kind: 'web-acl', id: Summary?.ARN ?? '', mode: 'block', protects: [protects], ipSets: ['bench'] },
    { kind: 'api-stage', id: `${api}/live` },
    {
      kind: 'receiver',
      id: 'bench',
      secret: secret.ARN ?? '',
      queue: `${proxy.endpoint}${new URL(queue.QueueUrl ?? '').pathname}`,
    },
  ];
}

/** An API needs a method before it can be deployed. */
async function makeApi(client: APIGatewayClient): Promise<string> {
  const { id: restApiId } = await client.send(new CreateRestApiCommand({ name: 'bench' }));
  const { items } = await client.send(new GetResourcesCommand({ restApiId }));
  const method = { restApiId, resourceId: items?.[0]?.id, httpMethod: 'POST' };
  await client.send(new PutMethodCommand({ ...method, authorizationType: 'NONE' }));
  await client.send(new PutIntegrationCommand({ ...method, type: 'MOCK' }));
  await client.send(new CreateDeploymentCommand({ restApiId, stageName: 'live' }));
  return restApiId ?? '';
}
