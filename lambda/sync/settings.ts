import * as v from 'valibot';
import { InvalidConfigError } from '../shared/errors';
import { parseFeedBaseUrl } from '../shared/feed-url';
import { Env } from '../shared/names';
import { parsePorts } from '../shared/ports';
import { isRegion, REGIONS, type Region } from '../shared/regions';

/** How the stack configured this function. */
export interface Settings {
  readonly stackName: string;
  readonly regions: readonly Region[];
  readonly feedBaseUrl: string;
  readonly stateTable: string;
  readonly ownIpSets: readonly string[];
  readonly sharedIpSets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly ports: readonly number[];
}

/** @throws InvalidConfigError naming the variable, its value and what is allowed. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  return {
    stackName: required(env, Env.stackName),
    regions: required(env, Env.regions).split(',').map(toRegion),
    feedBaseUrl: parseFeedBaseUrl(required(env, Env.feedBaseUrl), Env.feedBaseUrl),
    stateTable: required(env, Env.stateTable),
    ownIpSets: list(env, Env.ownIpSets),
    sharedIpSets: list(env, Env.sharedIpSets),
    securityGroups: list(env, Env.securityGroups),
    ports: parsePorts(required(env, Env.ports), Env.ports),
  };
}

export type SyncMode = 'apply' | 'plan';

const Payload = v.union([v.strictObject({}), v.strictObject({ mode: v.picklist(['apply', 'plan']) })]);

/**
 * Reads the payload of an invocation: `{}` applies, `{"mode":"plan"}` writes nothing anywhere.
 *
 * @throws InvalidConfigError
 */
export function readMode(payload: unknown): SyncMode {
  const parsed = v.safeParse(Payload, payload ?? {});
  // valibot takes an array for an object without keys.
  if (!parsed.success || Array.isArray(payload))
    throw new InvalidConfigError('payload', payload, '{} or {"mode":"plan"}');
  return 'mode' in parsed.output ? parsed.output.mode : 'apply';
}

function required(env: NodeJS.ProcessEnv, key: string): string {
  const value = env[key];
  if (!value) throw new InvalidConfigError(key, value, 'a value; deploy the stack again');
  return value;
}

function list(env: NodeJS.ProcessEnv, key: string): string[] {
  return (env[key] ?? '').split(',').filter((item) => item !== '');
}

function toRegion(text: string): Region {
  if (!isRegion(text)) throw new InvalidConfigError(Env.regions, text, REGIONS.join(', '));
  return text;
}
