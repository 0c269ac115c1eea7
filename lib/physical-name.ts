import { Names } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The given name, or one that is derived from the path of the construct, so that two in one stack do not collide. */
export function physicalName(scope: IConstruct, name: string | undefined): string {
  return name ?? Names.uniqueResourceName(scope, { maxLength: 80, separator: '-' });
}

/** A short hash of the path of a construct, for names that allow only a few more characters. */
export function pathHash(scope: IConstruct): string {
  return scope.node.addr.slice(-8);
}
