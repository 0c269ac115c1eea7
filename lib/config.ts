import { isDeepStrictEqual } from 'node:util';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { parseExtraRanges } from '../lambda/core/ranges/extra-ranges';
import { formatRange } from '../lambda/core/ranges/range';
import { DEFAULT_STACK_NAME } from '../lambda/shared/constants';
import { InvalidConfigError } from '../lambda/shared/errors';
import { parseFeedBaseUrl } from '../lambda/shared/feed-url';
import { INTERCOM_REGIONS, isIntercomRegion } from '../lambda/shared/intercom-regions';
import { parseIpSetArn } from '../lambda/shared/ip-set-arn';
import { LIMITS, type NumberLimits, parseNumber, parseRetentionDays } from '../lambda/shared/limits';
import { parsePorts } from '../lambda/shared/ports';
import { ChangeFormat } from './change-format';
import { CONSTRUCT_DEFAULTS } from './defaults';
import { WebAclMode } from './ingress/web-acl';
import type { IntercomRegion } from './intercom-region';

/** The settings of an operator, given by `cdk deploy -c key=value` or in `cdk.json`. */
export interface Config {
  /** Name of the stack. @default IntercomAllowlist */
  readonly stackName: string;
  /** Intercom regions whose ranges are allowed. @default - all three. Name only the region of your workspace */
  readonly intercomRegions: readonly IntercomRegion[];
  /** Addresses and CIDRs of your own to allow in exclusive targets, in addition to Intercom's. @default none */
  readonly extraRanges: readonly string[];
  /** Base URL of the feeds. @default - Intercom's */
  readonly feedBaseUrl: string;
  /** The ingress in front of the receiver. @default api-gateway - a regional REST API behind a web ACL */
  readonly ingress: 'api-gateway' | 'alb' | 'none';
  /** Host name of the webhook. Required by ingress=alb, and allowed only there. @default - none */
  readonly domainName?: string;
  /** ARN of the ACM certificate for `domainName`, in the stack's AWS Region. Required by ingress=alb. @default - none */
  readonly certificateArn?: string;
  /** VPC of the load balancer. @default - a small new VPC */
  readonly vpcId?: string;
  /** Route 53 hosted zone for the alias records of `domainName`. @default - no records */
  readonly hostedZoneId?: string;
  /** ARNs of existing REST API stages and Application Load Balancers that the stack's web ACL guards. @default none */
  readonly webAclAssociations: readonly string[];
  /** `count` blocks nothing: the web ACL counts and logs the requests that `block` would block. @default block */
  readonly webAclMode: WebAclMode;
  /** `create` creates two IP sets for CloudFront in us-east-1, which only the sync fills. @default none */
  readonly cloudFrontIpSets: 'none' | 'create';
  /** `create` creates a rule group with the rules that allow the ranges, for a web ACL of your own. @default none */
  readonly webAclRuleGroup: 'none' | 'create';
  /** Security groups to keep up to date, in addition to those with the discovery tag. @default none */
  readonly securityGroupIds: readonly string[];
  /** WAF IP sets to keep up to date, in addition to those of the stack. @default none */
  readonly ipSetArns: readonly string[];
  /** Prefix lists to keep up to date, in addition to those with the discovery tag. @default none */
  readonly prefixListIds: readonly string[];
  /**
   * Prefix lists of the stack. `create` creates two, one per address family; `create-and-reference` also makes the load
   * balancer's security group reference them, by one rule each, instead of holding one rule per range. @default none
   */
  readonly prefixLists: 'none' | 'create' | 'create-and-reference';
  /** MaxEntries of each prefix list of the stack. @default 30 - half the rules of a security group */
  readonly prefixListMaxEntries: number;
  /** Account ids, and ARNs of an organization or of organizational units, to share the stack's prefix lists with. @default none */
  readonly shareWith: readonly string[];
  /** TCP ports to open in the groups of `securityGroupIds`. @default 443 */
  readonly ports: readonly number[];
  /** Hours that a range must be absent from the feeds before it is removed. @default 24 */
  readonly removalGraceHours: number;
  /** Share of a region's ranges in a target that may be removed in one run without approval. @default 0.5 */
  readonly maxRemovalShare: number;
  /** The account's quota of rules per security group, if it was raised. @default 60 */
  readonly rulesPerSecurityGroup: number;
  /** Email address that receives the alarms. @default - none */
  readonly alarmEmail?: string;
  /** Email address that receives a message about each change. @default - none */
  readonly changeEmail?: string;
  /** `chat` sends those messages in the form that Amazon Q Developer shows in Slack and Microsoft Teams. @default text */
  readonly changeFormat: ChangeFormat;
  /** Days for which the log of the sync is kept, which is the history of what was allowed. @default 400 */
  readonly logRetentionDays: number;
}

type Parser<T> = (text: string, key: string) => T;

/** What Amazon SNS accepts as the address of a subscription: ASCII, without quotes and comments. */
const EMAIL = matching(
  /^(?=.{3,254}$)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}$/,
  'an email address',
);

const PARSERS = {
  // The display name of the alarms' topic is the shortest: the stack's name and " alarms" in 100 characters.
  stackName: matching(
    // Parameters are named after the stack, and AWS Systems Manager reserves names that start with aws or ssm.
    /^(?!aws|ssm)[a-z][a-z0-9-]{0,92}$/i,
    'a letter, then letters, digits and hyphens, at most 93 characters because other names are made from it, and not starting with ' +
      'aws or ssm, which AWS reserves',
  ),
  intercomRegions: listOf(parseIntercomRegion),
  feedBaseUrl: parseFeedBaseUrl,
  extraRanges: (text, key) => parseExtraRanges(text, key).map(formatRange),
  ingress: oneOf('api-gateway', 'alb', 'none'),
  domainName: matching(
    // The condition of a load balancer's rule takes no longer host name.
    /^(?=.{1,128}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    'a host name such as hooks.example.com, in lower case, at most 128 characters',
  ),
  certificateArn: matching(
    /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/,
    "the ARN of an ACM certificate in the stack's AWS Region",
  ),
  vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, 'a VPC id, vpc-...'),
  hostedZoneId: matching(/^Z[A-Z0-9]{1,31}$/, 'the id of a Route 53 hosted zone, Z...'),
  webAclAssociations: optional(
    matching(
      /^arn:[\w-]+:(apigateway:[\w-]+::\/restapis\/[a-z0-9]+\/stages\/[\w-]+|elasticloadbalancing:[\w-]+:\d{12}:loadbalancer\/app\/[\w-]+\/[0-9a-f]+)$/,
      'a comma-separated list of ARNs of REST API stages and Application Load Balancers',
    ),
  ),
  webAclMode: oneOf(...Object.values(WebAclMode)),
  webAclRuleGroup: oneOf('none', 'create'),
  cloudFrontIpSets: oneOf('none', 'create'),
  securityGroupIds: optional(matching(/^sg-[0-9a-f]{8,17}$/, 'a comma-separated list of security group ids, sg-...')),
  ipSetArns: optional((arn, key) => {
    parseIpSetArn(arn, key);
    return arn;
  }),
  prefixListIds: optional(matching(/^pl-[0-9a-f]{8,17}$/, 'a comma-separated list of prefix list ids, pl-...')),
  prefixLists: oneOf('none', 'create', 'create-and-reference'),
  prefixListMaxEntries: numberIn(LIMITS.prefixListMaxEntries),
  shareWith: optional(
    matching(
      /^(\d{12}|arn:[\w-]+:organizations::\d{12}:(organization\/o-[a-z0-9]+|ou\/o-[a-z0-9]+\/ou-[a-z0-9-]+))$/,
      'a comma-separated list of account ids (12 digits) and ARNs of an organization or organizational unit',
    ),
  ),
  ports: parsePorts,
  removalGraceHours: numberIn(LIMITS.removalGraceHours),
  maxRemovalShare: numberIn(LIMITS.maxRemovalShare),
  rulesPerSecurityGroup: numberIn(LIMITS.rulesPerSecurityGroup),
  alarmEmail: EMAIL,
  changeEmail: EMAIL,
  changeFormat: oneOf(...Object.values(ChangeFormat)),
  logRetentionDays: parseRetentionDays,
} satisfies { readonly [K in keyof Config]-?: Parser<NonNullable<Config[K]>> };

export const DEFAULTS: Config = {
  ...CONSTRUCT_DEFAULTS,
  stackName: DEFAULT_STACK_NAME,
  extraRanges: [],
  ingress: 'api-gateway',
  webAclAssociations: [],
  webAclMode: WebAclMode.BLOCK,
  webAclRuleGroup: 'none',
  cloudFrontIpSets: 'none',
  securityGroupIds: [],
  ipSetArns: [],
  prefixListIds: [],
  prefixLists: 'none',
  shareWith: [],
  ports: [443],
  changeFormat: ChangeFormat.TEXT,
  logRetentionDays: RetentionDays.THIRTEEN_MONTHS,
};

/** Keys that `cdk acknowledge` and `cdk cli-telemetry` write into the context. */
const CDK_KEYS = ['acknowledged-issue-numbers', 'cli-telemetry'];

/**
 * Reads the CDK context. Keys with a colon or a slash belong to the CDK and are ignored. Any other unknown key stops synthesis, so
 * that a misspelled key is not silently without effect.
 *
 * @throws InvalidConfigError with the key, the value and the allowed values
 */
export function readConfig(context: Readonly<Record<string, unknown>>): Config {
  const given = Object.entries(context).filter(([key]) => !/[:/]/.test(key) && !CDK_KEYS.includes(key));
  const values = given.map(([key, value]) => {
    if (!isKey(key)) throw unknownKey(key, value);
    assertNotRenamed(key, value);
    return [key, PARSERS[key](textOf(value, key), key)] as const;
  });
  const config = { ...DEFAULTS, ...Object.fromEntries(values) } as Config;
  assertIngress(config);
  assertListsFit(config);
  for (const [key] of values) assertEffect(key, config);
  return config;
}

/** Keys and values of earlier versions, with their replacements. */
const RENAMED_KEYS: Readonly<Record<string, keyof Config>> = { regions: 'intercomRegions', edge: 'ingress' };
const RENAMED_VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ingress: { regional: 'api-gateway' },
  prefixLists: { make: 'create', refer: 'create-and-reference' },
};

function unknownKey(key: string, value: unknown): InvalidConfigError {
  const renamed = Object.hasOwn(RENAMED_KEYS, key) ? RENAMED_KEYS[key] : undefined;
  if (!renamed) {
    return new InvalidConfigError(`context key ${key}`, value, `the keys ${Object.keys(PARSERS).join(', ')}`);
  }
  return new InvalidConfigError(
    `context key ${key}`,
    value,
    `${renamed}=${newName(renamed, value) ?? value}, which replaces it`,
  );
}

function assertNotRenamed(key: keyof Config, value: unknown): void {
  const renamed = newName(key, value);
  if (renamed !== undefined) throw new InvalidConfigError(key, value, `${renamed}, which replaces it`);
}

function newName(key: string, value: unknown): string | undefined {
  return Object.entries(RENAMED_VALUES[key] ?? {}).find(([old]) => old === value)?.[1];
}

/** The keys of the ALB ingress, with the required ones present. */
export type AlbConfig = Pick<Config, 'vpcId' | 'hostedZoneId'> &
  Required<Pick<Config, 'domainName' | 'certificateArn'>>;

/** Whether the ingress is the ALB; its required keys are then present. */
export function isAlb(config: Config): config is Config & AlbConfig {
  return config.ingress === 'alb';
}

/** What a key needs to have an effect. */
interface Need {
  readonly needs: string;
  readonly isMet: (config: Config) => boolean;
}

const ALB_ONLY: Need = { needs: 'ingress=alb', isMet: isAlb };
const OWN_LISTS: Need = { needs: 'prefixLists=create', isMet: ({ prefixLists }) => prefixLists !== 'none' };

/** Keys that have no effect by themselves. */
const NEEDS: Readonly<Partial<Record<keyof Config, Need>>> = {
  domainName: ALB_ONLY,
  certificateArn: ALB_ONLY,
  vpcId: ALB_ONLY,
  hostedZoneId: ALB_ONLY,
  webAclMode: {
    needs: 'an ingress or webAclAssociations',
    isMet: ({ ingress, webAclAssociations }) => ingress !== 'none' || webAclAssociations.length > 0,
  },
  // Targets by tag have their ports in the tag, and are never exclusive.
  ports: { needs: 'securityGroupIds', isMet: ({ securityGroupIds }) => securityGroupIds.length > 0 },
  extraRanges: {
    needs: 'an ingress, webAclAssociations, webAclRuleGroup=create, cloudFrontIpSets=create or prefixLists=create',
    isMet: (config) => needsIpSets(config) || config.cloudFrontIpSets === 'create' || config.prefixLists !== 'none',
  },
  prefixListMaxEntries: OWN_LISTS,
  shareWith: OWN_LISTS,
};

/** Whether the stack creates IP sets. */
export function needsIpSets({ ingress, webAclAssociations, webAclRuleGroup }: Config): boolean {
  return ingress !== 'none' || webAclAssociations.length > 0 || webAclRuleGroup === 'create';
}

/** A key without effect is a mistake too, because the operator relies on it. Its default may be written out. */
function assertEffect(key: keyof Config, config: Config): void {
  const { [key]: value } = config;
  const need = NEEDS[key];
  if (need && !isDeepStrictEqual(value, DEFAULTS[key]) && !need.isMet(config))
    throw new InvalidConfigError(key, value, `only with ${need.needs}`);
}

/** A security group counts a reference to a list as MaxEntries rules, whatever the list holds. */
function assertListsFit({ prefixLists, prefixListMaxEntries, rulesPerSecurityGroup }: Config): void {
  if (prefixLists !== 'create-and-reference' || prefixListMaxEntries <= rulesPerSecurityGroup) return;
  throw new InvalidConfigError(
    'prefixListMaxEntries',
    prefixListMaxEntries,
    `at most ${rulesPerSecurityGroup} with prefixLists=create-and-reference, because a reference takes that many of the ` +
      "security group's rules; rulesPerSecurityGroup is the quota, if it was raised",
  );
}

function assertIngress(config: Config): void {
  if (config.ingress === 'alb') {
    const missing = (['domainName', 'certificateArn'] as const).find((key) => config[key] === undefined);
    if (missing) throw new InvalidConfigError(missing, undefined, 'a value, because ingress=alb needs it');
  } else if (config.prefixLists === 'create-and-reference') {
    throw new InvalidConfigError(
      'prefixLists',
      'create-and-reference',
      'none, create; create-and-reference only with ingress=alb',
    );
  }
}

function isKey(key: string): key is keyof Config {
  return Object.hasOwn(PARSERS, key);
}

/** `cdk.json` allows an array for a list and a number for a port. */
function textOf(value: unknown, key: string): string {
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new InvalidConfigError(key, value, 'a string, a number or a list');
}

function parseIntercomRegion(text: string, key: string): IntercomRegion {
  if (!isIntercomRegion(text))
    throw new InvalidConfigError(key, text, `a comma-separated list of ${INTERCOM_REGIONS.join(', ')}`);
  return text as IntercomRegion;
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

function numberIn(limits: NumberLimits): Parser<number> {
  return (text, key) => parseNumber(text, key, limits);
}

function oneOf<T extends string>(...values: T[]): Parser<T> {
  return (text, key) => {
    const value = values.find((candidate) => candidate === text);
    if (value === undefined) throw new InvalidConfigError(key, text, values.join(', '));
    return value;
  };
}
