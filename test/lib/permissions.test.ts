import type { Template } from 'aws-cdk-lib/assertions';
import {
  ALB,
  ALB_EVERY_KEY,
  EVERY_KEY,
  type Json,
  PREFIX_LIST_IDS,
  resourcesOf,
  SECURITY_GROUP_IDS,
  synthesize,
} from './template';

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
const LISTS = `arn:<AWS::Partition>:ec2:${ACCOUNT}:prefix-list/`;
const SETS = `arn:<AWS::Partition>:wafv2:${ACCOUNT}:regional/ipset/`;

const TAGGED: Json = { Null: { 'aws:ResourceTag/intercom-allowlist': 'false' } };

/** The ALB ingress only looks. */
const albRoles = (lookups: readonly string[]): Record<string, Role> => ({
  IngressLookupsRole: role('lambda', [
    ...writesTo('<IngressLogs.Arn>'),
    allow(['ec2:DescribeNetworkInterfaces', ...lookups], ['*']),
  ]),
  IngressProviderframeworkonEventServiceRole: {
    ...role('lambda', [
      allow(['lambda:InvokeFunction'], ['<IngressLookups.Arn>', '<IngressLookups.Arn>:*']),
      allow(['lambda:GetFunction'], ['<IngressLookups.Arn>']),
    ]),
    managed: [BASIC_EXECUTION],
  },
});

/** The value of the owner tag of what a construct creates, whatever its name: the stack's id, and a hash of the path in the stack. */
const OWNERS: Readonly<Record<string, { readonly ipSets: string; readonly lists?: string }>> = {
  IntercomAllowlist: { ipSets: '<AWS::StackId>/EF53A2FD' },
  'Other-1': { ipSets: '<AWS::StackId>/AEEE61FE', lists: '<AWS::StackId>/791FE36E' },
};

/** Only lists that carry, or are just given, the owner tag of the construct. */
const listRoles = (owner = OWNERS['Other-1']?.lists): Record<string, Role> => ({
  PrefixListsLifecycleRole: role('lambda', [
    ...writesTo('<PrefixListsLogs.Arn>'),
    allow(['ec2:DescribeManagedPrefixLists'], ['*']),
    allow(['ec2:CreateManagedPrefixList'], [`${LISTS}*`], {
      StringEquals: { 'aws:RequestTag/intercom-allowlist:owner': owner },
    }),
    allow(['ec2:CreateTags'], [`${LISTS}*`], {
      StringEquals: {
        'ec2:CreateAction': 'CreateManagedPrefixList',
        'aws:RequestTag/intercom-allowlist:owner': owner,
      },
    }),
    allow(
      ['ec2:CreateTags', 'ec2:DeleteManagedPrefixList', 'ec2:DeleteTags', 'ec2:ModifyManagedPrefixList'],
      [`${LISTS}*`],
      { StringEquals: { 'aws:ResourceTag/intercom-allowlist:owner': owner } },
    ),
  ]),
  PrefixListsProviderframeworkonEventServiceRole: {
    ...role('lambda', [
      allow(['lambda:InvokeFunction'], ['<PrefixListsLifecycle.Arn>', '<PrefixListsLifecycle.Arn>:*']),
      allow(['lambda:GetFunction'], ['<PrefixListsLifecycle.Arn>']),
    ]),
    managed: [BASIC_EXECUTION],
  },
});

/** The VPC's flow log, and the function of CDK's that closes its default security group. */
const OWN_VPC_ROLES: Record<string, Role> = {
  IngressOwnVpcRejectedIAMRole: role('vpc-flow-logs', [
    allow(
      ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      ['<IngressOwnVpcRejectedPackets.Arn>'],
    ),
  ]),
  CustomVpcRestrictDefaultSGCustomResourceProviderRole: {
    ...role('lambda', [
      allow(
        [
          'ec2:AuthorizeSecurityGroupEgress',
          'ec2:AuthorizeSecurityGroupIngress',
          'ec2:RevokeSecurityGroupEgress',
          'ec2:RevokeSecurityGroupIngress',
        ],
        [`${GROUPS}<IngressOwnVpc.DefaultSecurityGroup>`],
      ),
    ]),
    managed: [BASIC_EXECUTION],
  },
};

/** What the sync reads of what makes the allowlist effective. */
function guardReads(context: { ingress?: string; vpcId?: string }): Statement[] {
  const isAlb = context.ingress === 'alb';
  const vpc = context.vpcId === undefined ? 'OwnVpc' : context.vpcId.replaceAll('-', '');
  const api = isAlb ? `Ingress${vpc}Api` : 'IngressApi';
  const stage = `arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<${api}>/stages/<${api}DeploymentStagelive>`;
  const loadBalancer = `<Ingress${vpc}LoadBalancer>`;
  return [
    allow(
      ['wafv2:GetWebACL', 'wafv2:GetWebACLForResource'],
      [`arn:<AWS::Partition>:wafv2:${ACCOUNT}:regional/webacl/*`],
    ),
    allow(['wafv2:GetRuleGroup'], [`arn:<AWS::Partition>:wafv2:${ACCOUNT}:regional/rulegroup/*`]),
    isAlb
      ? allow(['elasticloadbalancing:GetLoadBalancerWebACL', 'wafv2:GetWebACLForResource'], [loadBalancer])
      : allow(['wafv2:GetWebACLForResource'], [stage]),
    allow(
      ['apigateway:GET'],
      [
        `arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<${api}>`,
        `arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<${api}>/stages`,
      ],
    ),
    ...(isAlb
      ? [
          allow(
            [
              'elasticloadbalancing:DescribeListeners',
              'elasticloadbalancing:DescribeLoadBalancers',
              'elasticloadbalancing:DescribeRules',
            ],
            ['*'],
          ),
        ]
      : []),
    allow(['events:DescribeEventBus'], ['<ReceiverBus.Arn>']),
    allow(['secretsmanager:GetSecretValue'], ['<ReceiverClientSecret>']),
    allow(['sqs:GetQueueAttributes'], ['<ReceiverOverflowQueue.Arn>']),
  ];
}

describe('each role has exactly these permissions', () => {
  const named = SECURITY_GROUP_IDS.map((id) => `${GROUPS}${id}`);
  const lists = ['<PrefixListsIPv4>', '<PrefixListsIPv6>', ...PREFIX_LIST_IDS].map((id) => `${LISTS}${id}`);

  test.each([
    ['by default', {}, [], {}],
    ['with every key', EVERY_KEY, [...changes(named), ...keeps(lists)], listRoles()],
    [
      'with the ALB ingress',
      ALB,
      changes([`${GROUPS}<IngressOwnVpcSecurityGroup.GroupId>`]),
      { ...albRoles(['ec2:DescribeVpcEndpointServices']), ...OWN_VPC_ROLES },
    ],
    [
      'with the ALB ingress and every key',
      ALB_EVERY_KEY,
      [...changes(named), ...keeps(lists)],
      {
        ...albRoles(['ec2:DescribeRouteTables', 'ec2:DescribeSubnets', 'ec2:DescribeVpcEndpointServices']),
        ...listRoles(),
      },
    ],
  ] as const)('%s', (_case, context, extra, ingressRoles) => {
    const { stackName = 'IntercomAllowlist', ipSetArns = [] } = context as { stackName?: string; ipSetArns?: string[] };
    expect(rolesIn(synthesize(context))).toEqual({
      SyncRole: role('lambda', [
        ...writesTo('<SyncLogs.Arn>'),
        allow(['dynamodb:PutItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'], ['<SyncState.Arn>']),
        allow(['sns:Publish'], ['<ChangesTopic>']),
        allow(['wafv2:GetIPSet', 'wafv2:UpdateIPSet'], ['<IpSetsIPV4.Arn>', '<IpSetsIPV6.Arn>', ...ipSetArns]),
        allow(
          [
            'ec2:DescribeManagedPrefixLists',
            'ec2:DescribeSecurityGroupRules',
            'ec2:DescribeSecurityGroups',
            'tag:GetResources',
          ],
          ['*'],
        ),
        allow(
          ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'],
          [`${SETS}*/*`, 'arn:<AWS::Partition>:wafv2:us-east-1:<AWS::AccountId>:global/ipset/*/*'],
          TAGGED,
        ),
        ...changes([`${GROUPS}*`], TAGGED),
        ...keeps([`${LISTS}*`], TAGGED),
        // Also of lists that another account shares.
        allow(['ec2:GetManagedPrefixListEntries'], ['arn:<AWS::Partition>:ec2:<AWS::Region>:*:prefix-list/*']),
        ...guardReads(context),
        allow(['ec2:AuthorizeSecurityGroupIngress'], [`${RULES}*`], {
          StringEquals: { 'aws:RequestTag/intercom-allowlist:owner': stackName },
        }),
        allow(['ec2:CreateTags'], [`${RULES}*`], {
          StringEquals: {
            'ec2:CreateAction': 'AuthorizeSecurityGroupIngress',
            'aws:RequestTag/intercom-allowlist:owner': stackName,
          },
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
        // Sets that it created under an earlier name.
        allow(['wafv2:DeleteIPSet', 'wafv2:GetIPSet'], [`${SETS}*/*`], {
          StringEquals: { 'aws:ResourceTag/intercom-allowlist:owner': OWNERS[stackName]?.ipSets },
        }),
        allow(['wafv2:ListIPSets'], ['*']),
      ]),
      ReceiverFunctionRole: role('lambda', [
        ...writesTo('<ReceiverLogs.Arn>'),
        allow(['secretsmanager:GetSecretValue'], ['<ReceiverClientSecret>']),
        allow(['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], ['<ReceiverDeduplicationTable.Arn>']),
        allow(['events:PutEvents'], ['<ReceiverBus.Arn>']),
        allow(['sqs:SendMessage'], ['<ReceiverOverflowQueue.Arn>']),
        allow(['s3:PutObject'], ['<ReceiverOverflowBucket.Arn>/*']),
      ]),
      ReceiverRedriveFunctionRole: role('lambda', [
        ...writesTo('<ReceiverRedriveLogs.Arn>'),
        allow(['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'], ['<ReceiverOverflowQueue.Arn>']),
        allow(['dynamodb:PutItem', 'dynamodb:UpdateItem'], ['<ReceiverDeduplicationTable.Arn>']),
        allow(['events:PutEvents'], ['<ReceiverBus.Arn>']),
        allow(['s3:PutObject'], ['<ReceiverOverflowBucket.Arn>/*']),
      ]),
      IngressAccessLogRole: ofThisAccount('firehose', [
        allow(
          ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
          ['<IngressAccessLogBucket.Arn>'],
        ),
        allow(['s3:AbortMultipartUpload', 's3:PutObject'], ['<IngressAccessLogBucket.Arn>/*']),
      ]),
      SyncSchedulerRole: ofThisAccount('scheduler', [
        allow(['lambda:InvokeFunction'], ['<SyncFunction.Arn>', '<SyncFunction.Arn>:*']),
        allow(['sqs:SendMessage'], ['<SyncDeadLetters.Arn>']),
      ]),
      // Shows, and only reads.
      WidgetFunctionRole: role('lambda', [
        ...writesTo('<WidgetLogs.Arn>'),
        allow(['dynamodb:Scan'], ['<SyncState.Arn>']),
        allow(['logs:FilterLogEvents'], ['<SyncLogs.Arn>']),
      ]),
      // Acts, by the one function that can.
      WidgetActionRole: role('lambda', [
        ...writesTo('<WidgetLogs.Arn>'),
        allow(['lambda:InvokeFunction'], ['<SyncFunction.Arn>']),
      ]),
      // The three of CDK's own functions.
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
      // What it may empty is for the buckets to say.
      CustomS3AutoDeleteObjectsCustomResourceProviderRole: { ...role('lambda', []), managed: [BASIC_EXECUTION] },
      ...ingressRoles,
    });
  });

  it('no role has a managed policy or another inline policy', () => {
    const iam = Object.values(resourcesOf(synthesize())).map(({ Type }) => Type);
    expect(new Set(iam.filter((type) => type.startsWith('AWS::IAM::')))).toEqual(
      new Set(['AWS::IAM::Role', 'AWS::IAM::Policy']),
    );
  });
});

describe("no statement allows changing another owner's allowlist, unless a tag permits it", () => {
  test.each([
    ['by default', {}],
    ['with every key', EVERY_KEY],
    ['with the ALB ingress', ALB],
    ['with the ALB ingress and every key', ALB_EVERY_KEY],
  ])('%s', (_case, context) => {
    const statements = Object.values(rolesIn(synthesize(context))).flatMap((found) => found.statements);
    expect(statements.flatMap(reachOf)).toEqual([]);
  });

  test.each([
    ['every IP set', allow(['wafv2:UpdateIPSet'], ['*'])],
    ['every IP set of the account', allow(['wafv2:UpdateIPSet'], [`${SETS}*`])],
    ['every IP set, by a wildcard action', allow(['wafv2:*'], [`${SETS}*/*`])],
    ['IP sets of stacks with a similar name', allow(['wafv2:UpdateIPSet'], [`${SETS}IntercomAllowlist*`])],
    ['every security group', allow(['ec2:AuthorizeSecurityGroupIngress'], ['*'])],
    ['every security group of the account', allow(['ec2:RevokeSecurityGroupEgress'], [`${GROUPS}*`])],
    ['every prefix list', allow(['ec2:ModifyManagedPrefixList'], [`${LISTS}*`])],
    ['every security group rule', allow(['ec2:Revoke*'], [`${RULES}*`])],
    ['everything', allow(['*'], ['*'])],
    [
      'every security group, under an unrelated condition',
      allow(['ec2:Authorize*'], [`${GROUPS}*`], { Bool: { 'aws:Via': 'true' } }),
    ],
    [
      'security groups without the tag',
      allow(['ec2:Auth*'], ['*'], { Null: { 'aws:ResourceTag/intercom-allowlist': 'true' } }),
    ],
    [
      'everything except one resource',
      { Effect: 'Allow', Action: ['ec2:*'], NotResource: ['a'] } as unknown as Statement,
    ],
  ])('this test finds a statement that allows changing %s', (_case, statement) => {
    expect(reachOf(statement)).not.toEqual([]);
  });
});

describe('resource policies', () => {
  it('only API Gateway may invoke the receiver, for its two methods, and nothing else can be invoked', () => {
    const invoke = (method: string) => ({
      Action: 'lambda:InvokeFunction',
      FunctionName: '<ReceiverFunction.Arn>',
      Principal: 'apigateway.amazonaws.com',
      SourceArn: `arn:<AWS::Partition>:execute-api:${ACCOUNT}:<IngressApi>/<IngressApiDeploymentStagelive>/${method}/webhook`,
    });
    const permissions = Object.values(resourcesOf(synthesize(), 'AWS::Lambda::Permission'));
    expect(permissions.map(({ Properties }) => Properties)).toEqual([invoke('HEAD'), invoke('POST')]);
  });

  it('the queues require TLS', () => {
    const policies = Object.values(resourcesOf(synthesize(), 'AWS::SQS::QueuePolicy'));
    expect(policies.map(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual(
      ['ReceiverOverflowDeadLetters', 'ReceiverOverflowQueue', 'SyncDeadLetters'].map((queue) => [
        tlsOnly('sqs', `<${queue}.Arn>`),
      ]),
    );
  });

  it('the buckets require TLS, and only the CDK empties them when the stack is deleted', () => {
    const policies = Object.values(resourcesOf(synthesize(), 'AWS::S3::BucketPolicy'));
    expect(policies.map(({ Properties }) => Properties.PolicyDocument.Statement)).toEqual(
      ['ReceiverOverflowBucket', 'IngressAccessLogBucket'].map((bucket) => {
        const all = [`<${bucket}.Arn>`, `<${bucket}.Arn>/*`];
        const emptying = ['s3:DeleteObject*', 's3:GetBucket*', 's3:List*', 's3:PutBucketPolicy'];
        const cdk = { AWS: '<CustomS3AutoDeleteObjectsCustomResourceProviderRole.Arn>' };
        return [tlsOnly('s3', all), { Effect: 'Allow', Principal: cdk, Action: emptying, Resource: all }];
      }),
    );
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

function keeps(lists: readonly string[], condition?: Json): Statement[] {
  return [allow(['ec2:ModifyManagedPrefixList'], lists, condition)];
}

function role(service: string, statements: readonly Statement[]): Role {
  return { assumedBy: [assumableBy(service)], managed: [], statements: sorted(statements) };
}

/** For a service that acts for any account: only for this one. */
function ofThisAccount(service: string, statements: readonly Statement[]): Role {
  const Condition = { StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' } };
  return { ...role(service, statements), assumedBy: [{ ...assumableBy(service), Condition }] };
}

function tlsOnly(service: string, Resource: string | readonly string[]): Json {
  const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
  return { Effect: 'Deny', Principal: { AWS: '*' }, Action: `${service}:*`, Resource, Condition };
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

/** Resources that the stack neither created nor was given, and the actions that would change their entries. */
const FOREIGN: readonly (readonly [arn: string, actions: readonly string[]])[] = [
  [`${SETS}partners-of-somebody/0f1e2d3c`, ['wafv2:UpdateIPSet', 'wafv2:DeleteIPSet']],
  [`${SETS}IntercomAllowlist-EU-v4/0f1e2d3c`, ['wafv2:UpdateIPSet', 'wafv2:DeleteIPSet']],
  [
    `${LISTS}of-somebody`,
    ['ec2:ModifyManagedPrefixList', 'ec2:RestoreManagedPrefixListVersion', 'ec2:DeleteManagedPrefixList'],
  ],
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
  ['StringEquals', 'aws:ResourceTag/intercom-allowlist:owner', /^<AWS::StackId>\/[0-9A-F]{8}$/],
  ['StringEquals', 'aws:RequestTag/intercom-allowlist:owner', /^([\w-]+|<AWS::StackId>\/[0-9A-F]{8})$/],
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
