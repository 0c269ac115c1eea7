import type { Template } from 'aws-cdk-lib/assertions';
import { EVERY_KEY, type Json, resourcesOf, SECURITY_GROUP_IDS, synthesize } from './template';

/** A statement with its actions and resources as sorted lists, however the template spells them. */
interface Statement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Json;
}

interface Role {
  readonly assumedBy: readonly unknown[];
  readonly managed: readonly string[];
  readonly statements: readonly Statement[];
}

const BASIC_EXECUTION = 'arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
const ACCOUNT = '<AWS::Region>:<AWS::AccountId>';
const GROUPS = `arn:<AWS::Partition>:ec2:${ACCOUNT}:security-group/`;
const RULES = `arn:<AWS::Partition>:ec2:${ACCOUNT}:security-group-rule/`;
const SETS = `arn:<AWS::Partition>:wafv2:${ACCOUNT}:regional/ipset/`;

describe('each role may do this and nothing else', () => {
  test.each([
    ['by default', {}, []],
    ['with every key', EVERY_KEY, changes(SECURITY_GROUP_IDS.map((id) => `${GROUPS}${id}`))],
  ] as const)('%s', (_case, context, extra) => {
    const { stackName = 'IntercomAllowlist', ipSetArns = [] } = context as { stackName?: string; ipSetArns?: string[] };
    expect(rolesIn(synthesize(context))).toEqual({
      SyncRole: role('lambda', [
        ...writesTo('<SyncLogs.Arn>'),
        allow(['dynamodb:PutItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'], ['<SyncState.Arn>']),
        allow(['wafv2:GetIPSet', 'wafv2:UpdateIPSet'], ['<IpSetsIPV4.Arn>', '<IpSetsIPV6.Arn>', ...ipSetArns]),
        allow(['ec2:DescribeSecurityGroupRules', 'ec2:DescribeSecurityGroups'], ['*']),
        ...changes([`${GROUPS}*`], { Null: { 'aws:ResourceTag/intercom-allowlist': 'false' } }),
        allow(['ec2:AuthorizeSecurityGroupIngress'], [`${RULES}*`], {
          StringEquals: { 'aws:RequestTag/intercom-allowlist:owner': stackName },
        }),
        allow(['ec2:CreateTags'], [`${RULES}*`], {
          StringEquals: {
            'ec2:CreateAction': 'AuthorizeSecurityGroupIngress',
            'aws:RequestTag/intercom-allowlist:owner': stackName,
          },
        }),
        allow(['ec2:RevokeSecurityGroupIngress'], [`${RULES}*`], {
          StringEquals: { 'aws:ResourceTag/intercom-allowlist:owner': stackName },
        }),
        ...extra,
        allow(['sqs:GetQueueAttributes', 'sqs:GetQueueUrl', 'sqs:SendMessage'], ['<SyncDeadLetters.Arn>']),
      ]),
      IpSetsLifecycleRole: role('lambda', [
        ...writesTo('<IpSetsLogs.Arn>'),
        allow(
          [
            'wafv2:CreateIPSet',
            'wafv2:DeleteIPSet',
            'wafv2:GetIPSet',
            'wafv2:ListTagsForResource',
            'wafv2:TagResource',
            'wafv2:UntagResource',
            'wafv2:UpdateIPSet',
          ],
          [`${SETS}${stackName}-v?/*`],
        ),
        allow(['wafv2:ListIPSets'], ['*']),
      ]),
      ReceiverFunctionRole: role('lambda', [
        ...writesTo('<ReceiverLogs.Arn>'),
        allow(['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], ['<ReceiverClientSecret>']),
        allow(['events:PutEvents'], ['<ReceiverBus.Arn>']),
      ]),
      SyncSchedulerRole: {
        ...role('scheduler', [
          allow(['lambda:InvokeFunction'], ['<SyncFunction.Arn>', '<SyncFunction.Arn>:*']),
          allow(['sqs:SendMessage'], ['<SyncDeadLetters.Arn>']),
        ]),
        assumedBy: [
          {
            ...assumableBy('scheduler'),
            Condition: { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } },
          },
        ],
      },
      // The two of CDK's own functions.
      IpSetsProviderframeworkonEventServiceRole: {
        ...role('lambda', [
          allow(['lambda:InvokeFunction'], ['<IpSetsLifecycle.Arn>', '<IpSetsLifecycle.Arn>:*']),
          allow(['lambda:GetFunction'], ['<IpSetsLifecycle.Arn>']),
        ]),
        managed: [BASIC_EXECUTION],
      },
      AWSCDKTriggerCustomResourceProviderCustomResourceProviderRole: {
        ...role('lambda', [allow(['lambda:InvokeFunction'], ['<SyncAfterDeployFunction.Arn>:*'])]),
        managed: [BASIC_EXECUTION],
      },
    });
  });

  it('and is given it in no other way', () => {
    const iam = Object.values(resourcesOf(synthesize())).map(({ Type }) => Type);
    expect(new Set(iam.filter((type) => type.startsWith('AWS::IAM::')))).toEqual(
      new Set(['AWS::IAM::Role', 'AWS::IAM::Policy']),
    );
  });
});

describe("no statement reaches somebody else's allowlist, unless a tag says it may", () => {
  test.each([
    ['by default', {}],
    ['with every key', EVERY_KEY],
  ])('%s', (_case, context) => {
    const statements = Object.values(rolesIn(synthesize(context))).flatMap((found) => found.statements);
    expect(statements.flatMap(reachOf)).toEqual([]);
  });

  test.each([
    ['every set', allow(['wafv2:UpdateIPSet'], ['*'])],
    ['every set of the account', allow(['wafv2:UpdateIPSet'], [`${SETS}*`])],
    ['every set by a wild action', allow(['wafv2:*'], [`${SETS}*/*`])],
    ['sets of stacks that are named alike', allow(['wafv2:UpdateIPSet'], [`${SETS}IntercomAllowlist*`])],
    ['every group', allow(['ec2:AuthorizeSecurityGroupIngress'], ['*'])],
    ['every group of the account', allow(['ec2:RevokeSecurityGroupEgress'], [`${GROUPS}*`])],
    ['every rule', allow(['ec2:Revoke*'], [`${RULES}*`])],
    ['all', allow(['*'], ['*'])],
    ['a condition on something else', allow(['ec2:Authorize*'], [`${GROUPS}*`], { Bool: { 'aws:Via': 'true' } })],
    [
      'groups that lack the tag',
      allow(['ec2:Auth*'], ['*'], { Null: { 'aws:ResourceTag/intercom-allowlist': 'true' } }),
    ],
    ['all but', { Effect: 'Allow', Action: ['ec2:*'], NotResource: ['a'] } as unknown as Statement],
  ])('a statement that reaches %s is found', (_case, statement) => {
    expect(reachOf(statement)).not.toEqual([]);
  });
});

describe('resource policies', () => {
  it('API Gateway may invoke the receiver for the two methods, and nobody else may invoke anything', () => {
    const invoke = (method: string) => ({
      Action: 'lambda:InvokeFunction',
      FunctionName: '<ReceiverFunction.Arn>',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: `arn:<AWS::Partition>:execute-api:${ACCOUNT}:<EdgeApi>/<EdgeApiDeploymentStagelive>/${method}/webhook`,
    });
    const permissions = Object.values(resourcesOf(synthesize(), 'AWS::Lambda::Permission'));
    expect(permissions.map(({ Properties }) => Properties)).toEqual([invoke('HEAD'), invoke('POST')]);
  });

  it('the queue is reached over TLS only', () => {
    const policies = Object.values(resourcesOf(synthesize(), 'AWS::SQS::QueuePolicy'));
    expect(policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual([
      {
        Effect: 'Deny',
        Principal: { AWS: '*' },
        Action: 'sqs:*',
        Resource: '<SyncDeadLetters.Arn>',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ]);
  });
});

function allow(Action: readonly string[], Resource: readonly string[], Condition?: Json): Statement {
  return {
    Effect: 'Allow',
    Action: [...Action].sort(),
    Resource: [...Resource].sort(),
    ...(Condition ? { Condition } : {}),
  };
}

function writesTo(logGroup: string): Statement[] {
  return [allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup])];
}

function changes(groups: readonly string[], condition?: Json): Statement[] {
  return [allow(['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'], groups, condition)];
}

function role(service: string, statements: readonly Statement[]): Role {
  return { assumedBy: [assumableBy(service)], managed: [], statements: sorted(statements) };
}

function assumableBy(service: string): Json {
  return { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: `${service}.amazonaws.com` } };
}

/** All that the template gives each role, in an order that says nothing. */
function rolesIn(template: Template): Record<string, Role> {
  const policies = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).map(({ Properties }) => Properties);
  const roles = Object.entries(resourcesOf(template, 'AWS::IAM::Role')).map(([name, { Properties }]) => {
    const attached = policies.filter((policy) => policy.Roles.includes(`<${name}>`));
    const documents = [...attached, ...(Properties.Policies ?? [])].map((policy) => policy.PolicyDocument);
    const found: Role = {
      assumedBy: Properties.AssumeRolePolicyDocument.Statement,
      managed: Properties.ManagedPolicyArns ?? [],
      statements: sorted(documents.flatMap((document) => document.Statement).map(listed)),
    };
    return [name, found];
  });
  return Object.fromEntries(roles);
}

function listed(statement: Json): Statement {
  const lists = ['Action', 'Resource'].map((key) => [key, [statement[key]].flat().sort()]);
  return { ...statement, ...Object.fromEntries(lists) };
}

function sorted(statements: readonly Statement[]): Statement[] {
  const key = ({ Action, Resource }: Statement) => JSON.stringify([Action, Resource]);
  return [...statements].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Resources that no stack of ours made or was given, and the writes that would change what they allow. */
const FOREIGN: readonly (readonly [arn: string, actions: readonly string[]])[] = [
  [`${SETS}partners-of-somebody/0f1e2d3c`, ['wafv2:UpdateIPSet', 'wafv2:DeleteIPSet']],
  [`${SETS}IntercomAllowlist-EU-v4/0f1e2d3c`, ['wafv2:UpdateIPSet', 'wafv2:DeleteIPSet']],
  ...[GROUPS, RULES].map(
    (kind) =>
      [
        `${kind}of-somebody`,
        [
          'ec2:AuthorizeSecurityGroupIngress',
          'ec2:AuthorizeSecurityGroupEgress',
          'ec2:RevokeSecurityGroupIngress',
          'ec2:RevokeSecurityGroupEgress',
          'ec2:ModifySecurityGroupRules',
          'ec2:DeleteSecurityGroup',
        ],
      ] as const,
  ),
];

/** The tags that make a write legitimate. */
const TAGS: readonly [operator: string, key: string, value: RegExp][] = [
  ['Null', 'aws:ResourceTag/intercom-allowlist', /^false$/],
  ['StringEquals', 'aws:ResourceTag/intercom-allowlist:owner', /^[\w-]+$/],
  ['StringEquals', 'aws:RequestTag/intercom-allowlist:owner', /^[\w-]+$/],
];

/** What of somebody else a statement may write to. */
function reachOf(statement: Statement): string[] {
  if (statement.Effect !== 'Allow') return [];
  if ('NotAction' in statement || 'NotResource' in statement) return ['all but what is named'];
  const conditions = (statement.Condition ?? {}) as Record<string, Record<string, string>>;
  if (TAGS.some(([operator, key, value]) => value.test(conditions[operator]?.[key] ?? ''))) return [];
  return FOREIGN.filter(([arn]) => statement.Resource.some((pattern) => covers(pattern, arn))).flatMap(
    ([arn, actions]) =>
      actions
        .filter((action) => statement.Action.some((pattern) => covers(pattern, action)))
        .map((action) => `${action} ${arn}`),
  );
}

/** IAM's wildcards: `*` any text, `?` one character. */
function covers(pattern: string, text: string): boolean {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(text);
}
