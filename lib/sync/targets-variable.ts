import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DISCOVERY_TAG, Env } from '../../lambda/shared/constants';
import { AllowlistError } from '../../lambda/shared/errors';
import type { GuardSetting } from '../../lambda/shared/guards';
import { groupTargets, type TargetSetting } from '../../lambda/shared/targets';
import type { AllowlistGuard } from './allowlist-guard';

import { KIND_TRAITS } from './target-kinds';

/** Limit for all variables of a function together, as JSON: docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_ENVIRONMENT = 4096;

/** Maximum length of a DynamoDB table name, the longest of the values that CloudFormation fills in. */
const LONGEST_NAME = 255;

/** Maximum lengths of what CloudFormation fills in for guards, by their keys. The names in ARNs start with the name of the stack. */
const LONGEST_OF_GUARD: Readonly<Record<string, number>> = {
  'web-acl.id': 200,
  'web-acl.protects': 135,
  'web-acl.ipSets': KIND_TRAITS['ip-set'].longestId.length,
  'api-stage.id': 40,
  'load-balancer.id': 135,
  'load-balancer.listener': 155,
  'load-balancer.hostName': 60,
  'receiver.id': 110,
  'receiver.secret': 150,
  'receiver.queue': 150,
};
/** Ids such as `vpce-0123456789abcdef0`. */
const LONGEST_ID = 22;

/** Thrown at synthesis if the named targets and the guards do not fit in the environment of the function. */
export class TooManyTargetsError extends AllowlistError {
  override readonly name = 'TooManyTargetsError';

  constructor(targets: number, guards: number, bytes: number) {
    super(
      `${count(targets, 'named target')} and ${count(guards, 'guard')} do not fit in the environment of the sync function: its ` +
        `variables can take ${bytes} bytes, and AWS Lambda allows ${MAX_ENVIRONMENT}. Nothing was synthesized, so what is deployed ` +
        `stays in force. Tag resources with ${DISCOVERY_TAG} instead of naming them: a tagged target takes no space`,
    );
  }
}

/**
 * The environment variable with the targets of the function.
 *
 * @param others the other variables of the function, which share the limit
 * @throws TooManyTargetsError
 */
export function targetsVariable(
  scope: Construct,
  targets: readonly TargetSetting[],
  others: Readonly<Record<string, string>>,
): Record<string, string> {
  assertEnvironmentFits(targets, [], others);
  return { [Env.targets]: Stack.of(scope).toJsonString(groupTargets(targets)) };
}

/** @throws TooManyTargetsError */
export function assertEnvironmentFits(
  targets: readonly TargetSetting[],
  guards: readonly AllowlistGuard[],
  others: Readonly<Record<string, string>>,
): void {
  const longest = targets.map((target) => ({ ...target, id: filled(target.id, KIND_TRAITS[target.kind].longestId) }));
  const known = Object.entries(others).map(([key, value]) => [key, filled(value, 'x'.repeat(LONGEST_NAME))]);
  // AWS Lambda measures all variables as one JSON object, in which each quote in a value takes two bytes.
  const measured = {
    ...Object.fromEntries(known),
    [Env.targets]: JSON.stringify(groupTargets(longest)),
    [Env.guards]: JSON.stringify(guards.map(({ _setting }) => longestOf(_setting))),
  };
  const bytes = Buffer.byteLength(JSON.stringify(measured));
  if (bytes > MAX_ENVIRONMENT) throw new TooManyTargetsError(targets.length, guards.length, bytes);
}

function longestOf({ kind, ...fields }: GuardSetting): object {
  const texts = Object.entries<string | readonly string[]>(fields).map(([key, value]) => {
    const longest = 'x'.repeat(LONGEST_OF_GUARD[`${kind}.${key}`] ?? LONGEST_ID);
    return [key, typeof value === 'string' ? filled(value, longest) : value.map((text) => filled(text, longest))];
  });
  return { kind, ...Object.fromEntries(texts) };
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? '' : 's'}`;
}

/** A text, or the longest value that CloudFormation can fill in for it. */
function filled(text: string, longest: string): string {
  return Token.isUnresolved(text) ? longest : text;
}
