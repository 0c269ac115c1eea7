import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { WAFV2Client } from '@aws-sdk/client-wafv2';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Deadline, NO_DEADLINE } from './deadline';

/**
 * How every AWS client of the sync calls: what is throttled through all tries counts as failed until the next run, and a
 * connection that hangs holds up nothing for long.
 */
export const AWS_CLIENT: AwsConfig = {
  maxAttempts: 6,
  retryMode: 'adaptive',
  requestHandler: { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true },
};

/** What all three clients understand alike. */
export type AwsConfig = Pick<
  NonNullable<ConstructorParameters<typeof WAFV2Client>[0]>,
  'endpoint' | 'region' | 'credentials' | 'maxAttempts' | 'retryMode' | 'retryStrategy' | 'requestHandler'
>;

/** The clients of one run. */
export interface AwsClients {
  readonly waf: WAFV2Client;
  readonly ec2: EC2Client;
  readonly state: DynamoDBDocumentClient;
}

/** Clients that begin no call after a deadline. */
export function makeClients(config: AwsConfig, deadline: Deadline): AwsClients {
  const waf = new WAFV2Client(config);
  const ec2 = new EC2Client(config);
  waf.middlewareStack.add(deadline.guard, AT_EACH_TRY);
  ec2.middlewareStack.add(deadline.guard, AT_EACH_TRY);
  return { waf, ec2, state: stateClient(config, deadline) };
}

/** @param deadline after which no call begins. @default - none: what must be done however late, such as giving up the lease */
export function stateClient(config: AwsConfig, deadline: Deadline = NO_DEADLINE): DynamoDBDocumentClient {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });
  client.middlewareStack.add(deadline.guard, AT_EACH_TRY);
  return client;
}

/** Within the SDK's own retries. */
const AT_EACH_TRY = { step: 'finalizeRequest', priority: 'low', name: 'deadline' } as const;
