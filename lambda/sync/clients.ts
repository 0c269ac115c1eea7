import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { CLOUDFRONT_REGION } from '../shared/ip-set-arn';
import { NO_DEADLINE, type RunDeadline } from './deadline';
import { type DenialRetry, retryDenials } from './denial-retry';
import { countThrottling } from './throttling';

/** The configuration of every AWS client of the sync: six attempts because of throttling, and ten seconds until a request times out. */
export const AWS_CLIENT: AwsConfig = {
  maxAttempts: 6,
  retryMode: 'adaptive',
  requestHandler: { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/** The options that all clients share. */
export type AwsConfig = Pick<
  NonNullable<ConstructorParameters<typeof WAFV2Client>[0]>,
  'endpoint' | 'region' | 'credentials' | 'maxAttempts' | 'retryMode' | 'retryStrategy' | 'requestHandler'
>;

/** The clients of one run. */
export interface AwsClients {
  readonly waf: WAFV2Client;
  /** WAF in the AWS Region of the IP sets for CloudFront. */
  readonly globalWaf: WAFV2Client;
  readonly tagging: ResourceGroupsTaggingAPIClient;
  /** Tags of resources in the AWS Region of CloudFront. */
  readonly globalTagging: ResourceGroupsTaggingAPIClient;
  readonly ec2: EC2Client;
  readonly state: DynamoDBDocumentClient;
}

/**
 * Clients that begin no call after a deadline.
 *
 * @param denials retries calls that IAM denies. @default - a denied call fails
 */
export function makeClients(config: AwsConfig, deadline: RunDeadline, denials?: DenialRetry): AwsClients {
  const inCloudFrontRegion = { ...config, region: CLOUDFRONT_REGION };
  const guarded = <C extends Guardable>(client: C): C => {
    client.middlewareStack.add(deadline.guard, AT_EACH_TRY);
    client.middlewareStack.add(countThrottling, { ...AT_EACH_TRY, name: 'throttling' });
    if (denials) client.middlewareStack.add(retryDenials(denials), AROUND_ALL_TRIES);
    return client;
  };
  const state = stateClient(config, deadline);
  if (denials) state.middlewareStack.add(retryDenials(denials), AROUND_ALL_TRIES);
  return {
    waf: guarded(new WAFV2Client(config)),
    globalWaf: guarded(new WAFV2Client(inCloudFrontRegion)),
    ec2: guarded(new EC2Client(config)),
    tagging: guarded(new ResourceGroupsTaggingAPIClient(config)),
    globalTagging: guarded(new ResourceGroupsTaggingAPIClient(inCloudFrontRegion)),
    state,
  };
}

/** The part that all clients share. */
interface Guardable {
  // biome-ignore lint/suspicious/noExplicitAny: the middleware of different clients have no other type in common
  readonly middlewareStack: { add(middleware: any, options: any): void };
}

/** @param deadline after which no call begins. @default - none, for calls that must always be made, such as releasing the lease */
export function stateClient(config: AwsConfig, deadline: RunDeadline = NO_DEADLINE): DynamoDBDocumentClient {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  client.middlewareStack.add(deadline.guard, AT_EACH_TRY);
  return client;
}

/** Within the SDK's own retries. */
const AT_EACH_TRY = { step: 'finalizeRequest', priority: 'low', name: 'deadline' } as const;
/** Outside the SDK's own retries. */
const AROUND_ALL_TRIES = { step: 'initialize', name: 'denials' } as const;
