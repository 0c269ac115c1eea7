import { Names, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * The value of the owner tag of what a custom resource creates. It does not follow the name: CloudFormation updates permissions first, so
 * permissions by a name would no longer reach what still has the old one. At most 239 of the 256 characters that a tag can have.
 */
export function lifecycleOwner(scope: IConstruct): string {
  // The path within the stack, so that moving the stack in the app changes nothing.
  const path = Names.uniqueResourceName(scope, {}).slice(-8);
  return `${Stack.of(scope).stackId}/${path}`;
}
