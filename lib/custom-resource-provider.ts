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
  /** The function behind the custom resources. */
  readonly bundle: FunctionName;
  readonly description: string;
  /** Everything that the function may do, in addition to logging. */
  readonly statements: readonly PolicyStatement[];
}

/** A function behind custom resources, as CDK's provider framework calls it. */
export interface CustomResourceProvider {
  readonly function: IFunction;
  readonly serviceToken: string;
}

/** Makes a provider of custom resources, with its log group, in the scope that it is for. */
export function customResourceProvider(
  scope: Construct,
  id: string,
  props: CustomResourceProviderProps,
): CustomResourceProvider {
  const { statements, ...code } = props;
  const logGroup = new FunctionLogs(scope, 'Logs', RetentionDays.ONE_MONTH);
  const onEventHandler = new BundledFunction(scope, id, {
    ...code,
    timeout: Duration.minutes(2),
    logGroup,
  });
  for (const statement of statements) onEventHandler.addToRolePolicy(statement);
  const provider = new Provider(scope, 'Provider', { onEventHandler, logGroup });
  acknowledge(provider, {
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]':
      "The provider framework is CDK's own function; its role is CDK's",
    [anyVersionOf(onEventHandler)]: 'Any version of the one function that the framework calls',
  });
  return { function: onEventHandler, serviceToken: provider.serviceToken };
}
