import { type CfnElement, Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/** The metadata that `Validations.acknowledge()` writes and cdk-nag reads. Older versions of the CDK lack that method. */
const ACKNOWLEDGED_RULES = 'aws:cdk:acknowledged-rules';

/**
 * Acknowledges findings of cdk-nag's AWS Solutions rules for a construct and everything in it.
 *
 * @param reasons the reason for each rule, such as `SQS3` or `IAM5[Resource::*]`
 */
export function acknowledge(scope: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [rule, reason] of Object.entries(reasons)) {
    scope.node.addMetadata(ACKNOWLEDGED_RULES, { [`AwsSolutions::AwsSolutions-${rule}`]: reason });
  }
}

/** The finding that a role may invoke every version of one function, which the CDK's grants allow. */
export function anyVersionOf(handler: IFunction): string {
  return `IAM5[Resource::<${logicalIdOf(handler)}.Arn>:*]`;
}

/** The finding that a role may write any object of a bucket. */
export function anyObjectOf(bucket: Bucket): string {
  return `IAM5[Resource::<${logicalIdOf(bucket)}.Arn>/*]`;
}

function logicalIdOf(construct: IConstruct): string {
  const { logicalId } = construct.node.defaultChild as CfnElement;
  return Stack.of(construct).resolve(logicalId);
}
