import { Fn, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** The unique part of the stack's id, 36 characters, for names that are too short to hold the stack's name. */
export function stackUuid(scope: Construct): string {
  return Fn.select(2, Fn.split('/', Stack.of(scope).stackId));
}
