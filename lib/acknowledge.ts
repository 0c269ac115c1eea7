import { type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/**
 * Accepts findings of cdk-nag's AWS Solutions rules on a construct and all below it, each with its reason.
 *
 * @param reasons by rule, such as `SQS3` or `IAM5[Resource::*]`
 */
export function acknowledge(scope: IConstruct, reasons: Readonly<Record<string, string>>): void {
  const rules = Object.entries(reasons).map(([rule, reason]) => ({ id: `AwsSolutions::AwsSolutions-${rule}`, reason }));
  Validations.of(scope).acknowledge(...rules);
}

/** The finding that a role may invoke every version of one function, as CDK's grants have it. */
export function anyVersionOf(handler: IFunction): string {
  return `IAM5[Resource::<${logicalIdOf(handler)}.Arn>:*]`;
}

/** The finding that a role may write any object of one bucket. */
export function anyObjectOf(bucket: Bucket): string {
  return `IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/*]`;
}

function logicalIdOf(construct: IConstruct): string {
  const { logicalId } = construct.node.defaultChild as CfnElement;
  return Stack.of(construct).resolve(logicalId);
}
