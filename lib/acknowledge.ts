import { Validations } from 'aws-cdk-lib';
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
