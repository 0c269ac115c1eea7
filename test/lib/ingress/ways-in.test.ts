import { Template } from 'aws-cdk-lib/assertions';
import { ALB, ALB_EVERY_KEY, EVERY_KEY, type Json, resourcesOf, synthesize } from '../template';

/**
 * Every way in that a template opens: security group rules, listeners, web ACLs and the resources they guard, network ACLs, and
 * permissions of any principal other than a role.
 */
interface WaysIn {
  readonly ingress: readonly string[];
  readonly egress: readonly string[];
  readonly listeners: readonly string[];
  readonly webAcls: readonly string[];
  readonly policies: readonly string[];
}

const tlsOnly = (name: string, service: string) => `${name}: Deny * ${service}:* if Bool aws:SecureTransport=false`;
const EMPTIER = '<CustomS3AutoDeleteObjectsCustomResourceProviderRole.Arn>';
const bucket = (name: string) => [
  tlsOnly(name, 's3'),
  `${name}: Allow ${EMPTIER} s3:DeleteObject*,s3:GetBucket*,s3:List*,s3:PutBucketPolicy`,
];
const invoke = (api: string, method: string) =>
  `ReceiverFunction: Allow apigateway.amazonaws.com lambda:InvokeFunction by arn:<AWS::Partition>:execute-api:` +
  `<AWS::Region>:<AWS::AccountId>:<${api}>/<${api}DeploymentStagelive>/${method}/webhook`;
const webAcl = (guarded: string) => `blocks, but allows <IpSetsIPV4.Arn>, allows <IpSetsIPV6.Arn>; before ${guarded}`;
/** What both edges have. */
const policies = (api: string, stack = 'IntercomAllowlist') => [
  invoke(api, 'HEAD'),
  invoke(api, 'POST'),
  ...['SyncDeadLetters', 'ReceiverOverflowDeadLetters', 'ReceiverOverflowQueue'].map((queue) => tlsOnly(queue, 'sqs')),
  ...['IngressAccessLogBucket', 'ReceiverOverflowBucket'].flatMap(bucket),
  'ChangesTopicPolicy: Deny * sns:Publish if Bool aws:SecureTransport=false',
  'AlarmsTopicPolicy: Deny * sns:Publish if Bool aws:SecureTransport=false',
  'AlarmsTopicPolicy: Allow cloudwatch.amazonaws.com sns:Publish if ArnLike aws:SourceArn=arn:<AWS::Partition>:cloudwatch:' +
    `<AWS::Region>:<AWS::AccountId>:alarm:${stack}-* if StringEquals aws:SourceAccount=<AWS::AccountId>`,
];
const NO_EGRESS = 'icmp 252-86 to 255.255.255.255/32';

const regional = (stack?: string): WaysIn => ({
  ingress: [],
  egress: [],
  listeners: [],
  webAcls: [
    webAcl(
      'arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<IngressApi>/stages/<IngressApiDeploymentStagelive>',
    ),
  ],
  policies: policies('IngressApi', stack).sort(),
});

/**
 * @param path the logical id of what stands in the VPC
 * @param group that of the load balancer's group
 * @param referred what the group refers to
 */
const alb = (path: string, group: string, referred: readonly string[] = [], stack?: string): WaysIn => ({
  ingress: [
    `${path}EndpointSecurityGroup: tcp 443-443 from <${path}${group}.GroupId>`,
    ...referred.map((list) => `${path}${group}: tcp 443-443 from <${list}>`),
  ],
  egress: [
    `${path}EndpointSecurityGroup: ${NO_EGRESS}`,
    `${path}${group}: tcp 443-443 to <${path}EndpointSecurityGroup.GroupId>`,
  ],
  listeners: [`<${path}LoadBalancer>: HTTPS 443 ELBSecurityPolicy-TLS13-1-2-Res-2021-06, else 404`],
  webAcls: [webAcl(`<${path}LoadBalancer>`)],
  policies: [
    ...policies(`${path}Api`, stack),
    `${path}Api: Allow * execute-api:Invoke if StringEquals aws:SourceVpce=<${path}Endpoint>`,
    ...bucket(`${path}Log`),
    `${path}Log: Allow logdelivery.elasticloadbalancing.amazonaws.com s3:PutObject`,
  ].sort(),
});

test.each([
  ['by default', {}, regional()],
  ['with every key', EVERY_KEY, regional('Other-1')],
  ['with the ALB ingress', ALB, alb('IngressOwnVpc', 'SecurityGroup')],
  [
    'with the ALB ingress and every key',
    ALB_EVERY_KEY,
    alb('Ingressvpc0123456789abcdef0', 'ReferringSecurityGroup', ['PrefixListsIPv4', 'PrefixListsIPv6'], 'Other-1'),
  ],
])('the stack opens exactly these ways in: %s', (_case, context, expected) => {
  expect(waysInto(synthesize(context))).toEqual(expected);
});

function waysInto(template: Template): WaysIn {
  return {
    ingress: rulesIn(template, 'Ingress', 'from'),
    egress: rulesIn(template, 'Egress', 'to'),
    listeners: propertiesOf(template, 'AWS::ElasticLoadBalancingV2::Listener').map(
      ({ LoadBalancerArn, Protocol, Port, SslPolicy, DefaultActions: [{ FixedResponseConfig }] }) =>
        `${LoadBalancerArn}: ${Protocol} ${Port} ${SslPolicy}, else ${FixedResponseConfig.StatusCode}`,
    ),
    webAcls: propertiesOf(template, 'AWS::WAFv2::WebACL').map(
      ({ DefaultAction, Rules }) =>
        `${verb(DefaultAction)}s, but ${Rules.filter(opens).map(ruleText).join(', ')}; before ${guardedBy(template).join(', ')}`,
    ),
    policies: policiesIn(template),
  };
}

/** Rules inside of groups, and those that are resources of their own. */
function rulesIn(template: Template, direction: 'Ingress' | 'Egress', preposition: string): string[] {
  const groups = Object.entries(resourcesOf(template, 'AWS::EC2::SecurityGroup'));
  const inside = groups.flatMap(([name, { Properties }]) =>
    (Properties[`SecurityGroup${direction}`] ?? []).map((rule: Json) => ({ ...rule, GroupId: `<${name}.GroupId>` })),
  );
  const exclusive = propertiesOf(template, `AWS::EC2::SecurityGroup${direction}`);
  return [...inside, ...exclusive]
    .map(({ GroupId, IpProtocol, FromPort, ToPort, Description: _, ...peer }) => {
      const group = /^<(.*)\.GroupId>$/.exec(GroupId)?.[1] ?? GroupId;
      return `${group}: ${IpProtocol} ${FromPort}-${ToPort} ${preposition} ${Object.values(peer).join()}`;
    })
    .sort();
}

function guardedBy(template: Template): string[] {
  return propertiesOf(template, 'AWS::WAFv2::WebACLAssociation').map(({ ResourceArn }) => ResourceArn);
}

/** A rule that blocks opens nothing, whatever it looks at, and a request that is counted goes on to the next rule. */
function opens({ Action }: { Action: Json }): boolean {
  return !['block', 'count'].includes(verb(Action));
}

function ruleText({ Action, Statement }: { Action: Json; Statement: { IPSetReferenceStatement?: { Arn: string } } }) {
  return `${verb(Action)}s ${Statement.IPSetReferenceStatement?.Arn ?? JSON.stringify(Statement)}`;
}

function verb(action: Json): string {
  return Object.keys(action).join().toLowerCase();
}

/** Every statement with a principal anywhere in a template but in the roles that say who may take them; and what Lambda has instead. */
function policiesIn(template: Template): string[] {
  const resources = Object.entries(resourcesOf(template)).filter(([, { Type }]) => Type !== 'AWS::IAM::Role');
  return resources
    .flatMap(([name, { Type, Properties }]) =>
      Type === 'AWS::Lambda::Permission'
        ? [permissionText(Properties)]
        : statementsIn(Properties).map((statement) => `${subjectOf(name, Properties)}: ${statementText(statement)}`),
    )
    .sort();
}

function statementsIn(value: unknown): Json[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('Effect' in value && ('Principal' in value || 'NotPrincipal' in value)) return [value as Json];
  return Object.values(value).flatMap(statementsIn);
}

/** A policy that is a separate resource names the resource it applies to. */
function subjectOf(name: string, { Bucket, Queues }: { Bucket?: string; Queues?: string[] }): string {
  return /^<(.*)>$/.exec(Bucket ?? Queues?.[0] ?? '')?.[1] ?? name;
}

function statementText({ Effect, Principal, Action, Condition }: Json): string {
  const who = typeof Principal === 'string' ? Principal : Object.values(Principal as Json).join();
  const conditions = Object.entries((Condition ?? {}) as Record<string, Json>).flatMap(([operator, tests]) =>
    Object.entries(tests).map(([key, expected]) => ` if ${operator} ${key}=${expected}`),
  );
  return `${Effect} ${who} ${[Action].flat().join()}${conditions.join('')}`;
}

function permissionText({ Action, FunctionName, Principal, SourceArn }: Record<string, string>): string {
  const name = /^<(.*)\.Arn>$/.exec(FunctionName ?? '')?.[1] ?? FunctionName;
  return `${name}: Allow ${Principal} ${Action} by ${SourceArn}`;
}

function propertiesOf(template: Template, type: string) {
  return Object.values(resourcesOf(template, type)).map(({ Properties }) => Properties);
}

test('an additional way in is found', () => {
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
  const open = { Effect: 'Allow', Principal: '*', Action: 's3:*' };
  const Resources = {
    Group: {
      Type: 'AWS::EC2::SecurityGroup',
      Properties: { GroupDescription: '', SecurityGroupIngress: [{ ...rule, CidrIp: '0.0.0.0/0' }] },
    },
    Rule: {
      Type: 'AWS::EC2::SecurityGroupIngress',
      Properties: { ...rule, GroupId: 'sg-1', SourcePrefixListId: 'pl-1' },
    },
    Policy: {
      Type: 'AWS::S3::BucketPolicy',
      Properties: { Bucket: { Ref: 'Logs' }, PolicyDocument: { Statement: [open] } },
    },
  };
  expect(waysInto(Template.fromJSON({ Resources }))).toMatchObject({
    ingress: ['Group: tcp 22-22 from 0.0.0.0/0', 'sg-1: tcp 22-22 from pl-1'],
    policies: ['Logs: Allow * s3:*'],
  });
});

test('no template opens a network ACL or has an IP address in a rule', () => {
  for (const context of [{}, ALB, ALB_EVERY_KEY]) {
    const template = synthesize(context);
    template.resourceCountIs('AWS::EC2::NetworkAcl', 0);
    template.resourceCountIs('AWS::EC2::NetworkAclEntry', 0);
    expect(rulesIn(template, 'Ingress', 'from').filter((rule) => !/ from <[\w.]+>$/.test(rule))).toEqual([]);
  }
});
