import { InvalidConfigError } from '../lambda/shared/errors';
import { parseFeedBaseUrl } from '../lambda/shared/feed-url';
import { parseIpSetArn } from '../lambda/shared/ip-set-arn';
import { DEFAULT_FEED_BASE_URL } from '../lambda/shared/names';
import { parsePorts } from '../lambda/shared/ports';
import { isRegion, REGIONS, type Region } from '../lambda/shared/regions';

/** What an operator may set, by `cdk deploy -c key=value` or in `cdk.json`. */
export interface Config {
  /** Name of the stack. @default IntercomAllowlist */
  readonly stackName: string;
  /** Intercom regions whose ranges are allowed. @default all; name only your workspace's own */
  readonly regions: readonly Region[];
  /** Where the feeds are published. @default Intercom's own */
  readonly feedBaseUrl: string;
  /** What stands before the receiver. @default regional: an API Gateway endpoint behind a web ACL */
  readonly edge: 'regional';
  /** Security groups to keep, beside those that carry the discovery tag. @default none */
  readonly securityGroupIds: readonly string[];
  /** WAF IP sets of others to keep, beside the stack's own. @default none */
  readonly ipSetArns: readonly string[];
  /** TCP ports to open in the groups of `securityGroupIds`. @default 443 */
  readonly ports: readonly number[];
}

type Parser<T> = (text: string, key: string) => T;

const PARSERS = {
  stackName: matching(/^[A-Za-z][A-Za-z0-9-]{0,99}$/, 'a letter, then letters, digits and hyphens, at most 100'),
  regions: listOf(parseRegion),
  feedBaseUrl: parseFeedBaseUrl,
  edge: oneOf('regional'),
  securityGroupIds: optional(matching(/^sg-[0-9a-f]{8,17}$/, 'a comma list of security group ids, sg-...')),
  ipSetArns: optional((arn, key) => {
    parseIpSetArn(arn, key);
    return arn;
  }),
  ports: parsePorts,
} satisfies { readonly [K in keyof Config]: Parser<Config[K]> };

const DEFAULTS: Config = {
  stackName: 'IntercomAllowlist',
  regions: REGIONS,
  feedBaseUrl: DEFAULT_FEED_BASE_URL,
  edge: 'regional',
  securityGroupIds: [],
  ipSetArns: [],
  ports: [443],
};

/** What `cdk acknowledge` and `cdk cli-telemetry` leave in the context. */
const CDK_KEYS = ['acknowledged-issue-numbers', 'cli-telemetry'];

/**
 * Reads the CDK context. Keys with a colon or a slash are CDK's own and pass; any other key that is not ours stops the
 * synthesis, so that a misspelt one can't be silently without effect.
 *
 * @throws InvalidConfigError with the key, the value and what is allowed.
 */
export function readConfig(context: Readonly<Record<string, unknown>>): Config {
  const given = Object.entries(context).filter(([key]) => !/[:/]/.test(key) && !CDK_KEYS.includes(key));
  const config: Record<string, unknown> = { ...DEFAULTS };
  for (const [key, value] of given) {
    if (!isKey(key))
      throw new InvalidConfigError(`context key ${key}`, value, `the keys ${Object.keys(PARSERS).join(', ')}`);
    config[key] = PARSERS[key](textOf(value, key), key);
  }
  return config as unknown as Config;
}

function isKey(key: string): key is keyof Config {
  return Object.hasOwn(PARSERS, key);
}

/** In `cdk.json` a list may be an array and a port a number. */
function textOf(value: unknown, key: string): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new InvalidConfigError(key, value, 'a text, a number or a list');
}

function parseRegion(text: string, key: string): Region {
  if (!isRegion(text)) throw new InvalidConfigError(key, text, `a comma list of ${REGIONS.join(', ')}`);
  return text;
}

function listOf<T>(parse: Parser<T>): Parser<T[]> {
  return (text, key) => [...new Set(text.split(',').map((item) => parse(item.trim(), key)))];
}

/** A list that may be empty. */
function optional<T>(parse: Parser<T>): Parser<T[]> {
  return (text, key) => (text === '' ? [] : listOf(parse)(text, key));
}

function matching(pattern: RegExp, allowed: string): Parser<string> {
  return (text, key) => {
    if (!pattern.test(text)) throw new InvalidConfigError(key, text, allowed);
    return text;
  };
}

function oneOf<T extends string>(...values: T[]): Parser<T> {
  return (text, key) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new InvalidConfigError(key, text, values.join(', '));
    return value;
  };
}
