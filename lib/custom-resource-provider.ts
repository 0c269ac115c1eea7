import { Duration } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { acknowledge, anyVersionOf } from './acknowledge';
import { BundledFunction, FunctionLogs } from './bundled-function';
import type { FunctionName } from './functions';

export interface CustomResourceProviderProps {
  /** Bundle of the function that handles the custom resources. */
  readonly bundle: FunctionName;
  readonly description: string;
  /** Permissions of the function, in addition to logging. */
  readonly statements: readonly PolicyStatement[];
}

/** A function that handles custom resources, called by the CDK's provider framework. */
export interface CustomResourceProvider {
  readonly function: IFunction;
  readonly serviceToken: string;
}

/** Creates a provider of custom resources and its log group in the given scope. */
export function customResourceProvider(
  scope: Construct,
  id: string,
  props: CustomResourceProviderProps,
): CustomResourceProvider {
  const { statements, ...code } = props;
  const logGroup = new FunctionLogs(scope, 'Logs', RetentionDays.ONE_MONTH);
  const onEventHandler = new BundledFunction(scope, id, {
    ...code,
    // Less than the 15 minutes for which the framework waits.
    timeout: Duration.minutes(14),
    logGroup,
  });
  for (const statement of statements) onEventHandler.addToRolePolicy(statement);
  const provider = new Provider(scope, 'Provider', { onEventHandler, logGroup });
  acknowledge(provider, {
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
      'The function of the provider framework and its role belong to the CDK',
    [anyVersionOf(onEventHandler)]: 'Every version of the one function that the framework calls',
  });
  return { function: onEventHandler, serviceToken: provider.serviceToken };
}
