import { Env } from './constants';
import { InvalidConfigError } from './errors';
import { INTERCOM_REGIONS, type IntercomRegion, isIntercomRegion } from './intercom-regions';
import { LIMITS, parseNumber } from './limits';

/** @throws InvalidConfigError when a variable that the stack sets is missing. */
export function required(env: NodeJS.ProcessEnv, key: string): string {
  const value = env[key];
  if (!value) throw new InvalidConfigError(key, value, 'a value; deploy the stack again');
  return value;
}

/** @throws InvalidConfigError */
export function requiredNumber(env: NodeJS.ProcessEnv, key: keyof typeof LIMITS & keyof typeof Env): number {
  return parseNumber(required(env, Env[key]), Env[key], LIMITS[key]);
}

/** The regions that the operator configured. @throws InvalidConfigError */
export function requiredIntercomRegions(env: NodeJS.ProcessEnv): IntercomRegion[] {
  return required(env, Env.intercomRegions).split(',').map(toIntercomRegion);
}

function toIntercomRegion(text: string): IntercomRegion {
  if (!isIntercomRegion(text)) throw new InvalidConfigError(Env.intercomRegions, text, INTERCOM_REGIONS.join(', '));
  return text;
}
