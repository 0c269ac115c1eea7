import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { AWS_CLIENT, type AwsClients, makeClients } from '../../lambda/sync/clients';
import { NO_DEADLINE } from '../../lambda/sync/deadline';
import { noteCalls } from './aws-errors';
import { NO_NODE_NOTICE } from './node-notice';

export interface SessionOptions {
  /** AWS Region. @default - AWS_REGION, AWS_DEFAULT_REGION, or the profile's */
  readonly region?: string | undefined;
  /** Profile of the shared AWS configuration. @default - AWS_PROFILE, or the environment's credentials */
  readonly profile?: string | undefined;
}

/** Clients of the account and Region that the operator works in. */
export interface Session extends AwsClients {
  readonly cloudFormation: CloudFormationClient;
  readonly lambda: LambdaClient;
  /** For `Invoke` only. */
  readonly invocations: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly secrets: SecretsManagerClient;
  readonly sts: STSClient;
}

/** Never retried, because one command must not start two runs. The timeout is longer than the longest run. */
const ONE_INVOCATION = {
  maxAttempts: 1,
  requestHandler: { connectionTimeout: 10_000, requestTimeout: 310_000, throwOnRequestTimeout: true },
};

/** A session from the usual AWS environment. Options of the command line take precedence. */
export function openSession(options: SessionOptions): Session {
  adoptOptions(options);
  const session = {
    ...makeClients(AWS_CLIENT, NO_DEADLINE),
    cloudFormation: new CloudFormationClient(AWS_CLIENT),
    lambda: new LambdaClient(AWS_CLIENT),
    invocations: new LambdaClient(ONE_INVOCATION),
    logs: new CloudWatchLogsClient(AWS_CLIENT),
    secrets: new SecretsManagerClient(AWS_CLIENT),
    sts: new STSClient(AWS_CLIENT),
  };
  for (const client of Object.values(session)) noteCalls(client);
  return session;
}

/** Puts the options into the environment, which the SDK reads when a client is first used. */
function adoptOptions({ region, profile }: SessionOptions): void {
  const { env } = process;
  const chosen = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  Object.assign(env, NO_NODE_NOTICE, chosen && { AWS_REGION: chosen }, profile && { AWS_PROFILE: profile });
  // As in the AWS CLI, an explicit profile takes precedence over keys in the environment.
  if (profile) for (const key of ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN']) delete env[`AWS_${key}`];
}
