import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import cdkJson from '../../cdk.json';
import { readConfig } from '../../lib/config';
import { IntercomAllowlistStack } from '../../lib/intercom-allowlist-stack';

export type Context = Readonly<Record<string, unknown>>;
export type Json = Readonly<Record<string, unknown>>;

/** A resource with every reference written out, such as `<SyncRole.Arn>`. */
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: what is in it is what the tests are about
  readonly Properties: any;
  readonly DeletionPolicy?: string;
}

export const STACK = 'IntercomAllowlist';
export const SECURITY_GROUP_IDS = ['sg-0123456789abcdef0', 'sg-12345678'];
export const IP_SET_ARNS = [
  'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/partners/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
  'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/office/1f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
];
export const PREFIX_LIST_IDS = ['pl-0123456789abcdef0', 'pl-12345678'];
/**
 * Every key of the API Gateway ingress set to something else than its default, but for `extraRanges` and `webAclMode`: the first puts an
 * address into the template, the second opens it. `EXISTING` has the keys for existing endpoints.
 */
export const EVERY_KEY: Context = {
  stackName: 'Other-1',
  intercomRegions: 'eu,au',
  feedBaseUrl: 'https://feeds.example.com/intercom',
  securityGroupIds: SECURITY_GROUP_IDS,
  ipSetArns: IP_SET_ARNS,
  prefixListIds: PREFIX_LIST_IDS,
  prefixLists: 'create',
  prefixListMaxEntries: 40,
  ports: '8443,443',
  removalGraceHours: 48,
  maxRemovalShare: 0.25,
  rulesPerSecurityGroup: 200,
  alarmEmail: 'alarms@example.com',
  changeEmail: 'changes@example.com',
  changeFormat: 'chat',
  logRetentionDays: 731,
};

/** The ALB ingress with its required keys, in a VPC that the stack creates. */
export const ALB: Context = {
  ingress: 'alb',
  domainName: 'hooks.example.com',
  certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0',
};
/** The ALB ingress with every key. */
export const ALB_EVERY_KEY: Context = {
  ...EVERY_KEY,
  ...ALB,
  prefixLists: 'create-and-reference',
  vpcId: 'vpc-0123456789abcdef0',
  hostedZoneId: 'Z0123456789ABCDEFGHIJ',
};

export const STAGE_ARN = 'arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/live';
export const LOAD_BALANCER_ARN =
  'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/hooks/0f1e2d3c4b5a6978';
/** No receiver: the operator's own security groups are kept up to date, and nothing else is created. */
export const TARGETS_ONLY: Context = { ingress: 'none', securityGroupIds: SECURITY_GROUP_IDS };
/** No receiver: a web ACL in front of the operator's own endpoints, its rules for other web ACLs, and shared prefix lists. */
export const EXISTING: Context = {
  ingress: 'none',
  webAclAssociations: [STAGE_ARN, LOAD_BALANCER_ARN],
  webAclRuleGroup: 'create',
  cloudFrontIpSets: 'create',
  prefixLists: 'create',
  shareWith: ['111122223333', 'arn:aws:organizations::111122223333:organization/o-a1b2c3d4e5'],
};

const FOLDER = mkdtempSync(join(tmpdir(), 'allowlist-synth-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

const cache = new Map<string, Template>();

/** An app under the feature flags of a deploy: the CLI passes on the context of `cdk.json`. */
export function newApp(context: Context = {}): App {
  return new App({
    outdir: mkdtempSync(join(FOLDER, 'out-')),
    context: { ...cdkJson.context, ...context },
  });
}

/** @param id also its name in AWS, where the app is to hold several */
export function addStack(app: App, id?: string): IntercomAllowlistStack {
  const config = readConfig(app.node.getAllContext());
  const named = id === undefined ? config : { ...config, stackName: id };
  return new IntercomAllowlistStack(app, id ?? STACK, { config: named });
}

/** The stack's template as it comes out for a context; made once for each. */
export function synthesize(context: Context = {}): Template {
  const key = JSON.stringify(context);
  const template = cache.get(key) ?? Template.fromStack(addStack(newApp(context)));
  cache.set(key, template);
  return template;
}

/** What cdk-nag says of an app, if it is not acknowledged with its reason. */
export function findingsIn(app: App): unknown[] {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { directory } = app.synth();
  const { pluginReports } = JSON.parse(readFileSync(join(directory, 'validation-report.json'), 'utf8'));
  return pluginReports.find(({ pluginName }: Json) => pluginName === 'AwsSolutions').violations;
}

/** By short name: the logical id without CDK's hash. */
export function resourcesOf(template: Template, type?: string): Record<string, Resource> {
  const all = Object.entries(template.toJSON().Resources as Record<string, Resource>);
  const chosen = all.filter(([, resource]) => type === undefined || resource.Type === type);
  return Object.fromEntries(chosen.map(([id, resource]) => [shortName(id), readable(resource) as Resource]));
}

/** The properties of the one resource of a type. */
export function onlyOne(template: Template, type: string): Resource['Properties'] {
  const [first, ...others] = Object.values(resourcesOf(template, type));
  if (!first || others.length > 0) throw new Error(`${first ? others.length + 1 : 0} resources of type ${type}`);
  return first.Properties;
}

/** What must be in place before a resource, by short name: all it depends on or refers to, and what those do. */
export function prerequisitesOf(template: Template, name: string): Set<string> {
  const resources = template.toJSON().Resources as Record<string, object>;
  const found = new Set<string>();
  const visit = (id: string) => {
    const next = Object.keys(resources).filter((other) => other !== id && mentions(resources[id], other));
    for (const other of next.filter((candidate) => !found.has(candidate))) {
      found.add(other);
      visit(other);
    }
  };
  visit(Object.keys(resources).find((id) => shortName(id) === name) ?? name);
  return new Set([...found].map(shortName));
}

/** A reference is a string that is the id, or within `Fn::Sub` holds it. */
function mentions(value: unknown, id: string): boolean {
  return stringsIn(value).some((text) => text === id || text.includes(`\${${id}`));
}

export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

export function addressesIn(value: unknown): string[] {
  const address =
    /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?(?![\w.])|(?<![\w:])[0-9a-f:]*:[0-9a-f:]*\/\d{1,3}(?!\w)/gi;
  return stringsIn(value).flatMap((text) => text.match(address) ?? []);
}

/** Writes CloudFormation's references out: `<SyncRole.Arn>`, `<AWS::Region>`. */
export function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [key, argument] = entries[0] ?? ['', undefined];
  const write = entries.length === 1 ? INTRINSICS[key] : undefined;
  return write ? write(argument) : Object.fromEntries(entries.map(([name, inner]) => [name, readable(inner)]));
}

// biome-ignore lint/suspicious/noExplicitAny: each intrinsic function has arguments of another shape
const INTRINSICS: Readonly<Record<string, (argument: any) => string>> = {
  Ref: (id) => `<${shortName(id)}>`,
  'Fn::FindInMap': ([map, key, name]) => `<${shortName(map)}.${readable(key)}.${name}>`,
  'Fn::GetAtt': ([id, attribute]) => `<${shortName(id)}.${attribute}>`,
  'Fn::Join': ([separator, parts]) => parts.map(readable).join(separator),
  'Fn::Select': ([index, list]) => `<${readable(list)} ${index}>`,
  'Fn::Split': ([separator, text]) => `${readable(text)} split at ${separator}`,
  'Fn::Sub': (text) => text.replaceAll(/\$\{([^}]+)\}/g, '<$1>'),
};

function shortName(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}([0-9a-f]{32})?$/, '');
}
