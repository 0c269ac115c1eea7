import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import type { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { GuardAssessment } from '../../core/guards/assessment';
import type { GuardSetting } from '../../shared/guards';
import type { AwsClients, AwsConfig } from '../clients';

/** The clients that guards are read with. */
export interface GuardClients {
  readonly waf: WAFV2Client;
  readonly ec2: EC2Client;
  readonly apiGateway: APIGatewayClient;
  readonly loadBalancers: ElasticLoadBalancingV2Client;
  readonly eventBridge: EventBridgeClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
}

export function makeGuardClients(
  config: Partial<AwsConfig>,
  { waf, ec2 }: Pick<AwsClients, 'waf' | 'ec2'>,
): GuardClients {
  return {
    waf,
    ec2,
    apiGateway: new APIGatewayClient(config),
    loadBalancers: new ElasticLoadBalancingV2Client(config),
    eventBridge: new EventBridgeClient(config),
    secretsManager: new SecretsManagerClient(config),
    // The host of a queue's URL is that of the endpoint, except in an emulator, and the client would warn about it there.
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
  };
}

export interface GuardContext {
  readonly clients: GuardClients;
  readonly now: Date;
}

/**
 * Reads one kind of guard and assesses it. It only reads.
 *
 * @throws Error of AWS when the guard cannot be read
 */
export type GuardReader<G extends GuardSetting> = (guard: G, context: GuardContext) => Promise<GuardAssessment>;

/**
 * The answer to a read, or undefined where AWS says that there is no such thing.
 *
 * @param codes the error codes that say so
 */
export async function unlessMissing<T>(call: Promise<T>, codes: readonly string[]): Promise<T | undefined> {
  return call.catch((error: Error) => {
    if (codes.includes(error.name)) return undefined;
    throw error;
  });
}
