import { type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
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
  const { logicalId } = handler.node.defaultChild as CfnElement;
  return `IAM5[Resource::<${Stack.of(handler).resolve(logicalId)}.Arn>:*]`;
}
