import { Match, Template } from 'aws-cdk-lib/assertions';
import { MAX_BODY_BYTES } from '../../lambda/receiver/receive';
import { LEASE_SECONDS } from '../../lambda/sync/state/lease';
import {
  ALB,
  addressesIn,
  addStack,
  EVERY_KEY,
  EXISTING,
  IP_SET_ARNS,
  newApp,
  onlyOne,
  PREFIX_LIST_IDS,
  prerequisitesOf,
  readable,
  resourcesOf,
  SECURITY_GROUP_IDS,
  STACK,
  STAGE_ARN,
  stringsIn,
  synthesize,
} from './template';

const template = synthesize();
const everyKey = synthesize(EVERY_KEY);
const FUNCTION = 'AWS::Lambda::Function';
const OUR_FUNCTIONS = [
  'IpSetsLifecycle',
  'ReceiverFunction',
  'ReceiverRedriveFunction',
  'SyncAfterDeployFunction',
  'SyncFunction',
  'WidgetAction',
  'WidgetFunction',
];

/** Names that only need to be unique within the resource, role, API or web ACL that holds them. */
const SCOPED_NAMES = [
  /^AWS::IAM::Policy PolicyName$/,
  /^AWS::IAM::Role Policies\./,
  /^AWS::ApiGateway::Stage StageName$/,
  /^AWS::DynamoDB::Table .*AttributeName$/,
  /^AWS::WAFv2::WebACL Rules\./,
  // What an alarm reads. Whose queues and functions those are is held with the alarms.
  /^AWS::CloudWatch::Alarm Metrics\./,
  // Not the name of a resource; that it is the stack's own is held with the web ACL.
  /^AWS::WAFv2::WebACL VisibilityConfig\.MetricName$/,
  /^AWS::WAFv2::LoggingConfiguration RedactedFields\./,
];

describe('two runs never write at the same time', () => {
  it.each(['SyncFunction', 'SyncAfterDeployFunction'])(
    'the lease of %s expires only after the function has timed out',
    (name) => {
      const { Timeout } = resourcesOf(template, FUNCTION)[name]?.Properties ?? {};
      expect(Timeout).toBeLessThan(LEASE_SECONDS);
    },
  );
});

describe('schedules', () => {
  test.each([
    ['SyncDailyRewrite', 'cron(10/5 9 * * ? *)', 'Europe/Dublin'],
    ['SyncHourly', 'cron(5 * * * ? *)', 'Etc/UTC'],
  ])('%s invokes the sync on %s, time zone %s, with retries and a dead-letter queue', (name, expression, timeZone) => {
    expect(resourcesOf(template, 'AWS::Scheduler::Schedule')[name]?.Properties).toEqual({
      Description: expect.any(String),
      ScheduleExpression: expression,
      ScheduleExpressionTimezone: timeZone,
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: {
        Arn: '<SyncFunction.Arn>',
        Input: '{"trigger":"schedule"}',
        RoleArn: '<SyncSchedulerRole.Arn>',
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 600 },
        DeadLetterConfig: { Arn: '<SyncDeadLetters.Arn>' },
      },
    });
  });

  test.each([
    ['by default', {}],
    ['with the ALB ingress', ALB],
    ['with existing endpoints', EXISTING],
    ['with the ALB ingress and existing endpoints', { ...ALB, webAclAssociations: STAGE_ARN }],
  ])('%s, they start when the guards are in place and a run can read each', (_case, context) => {
    const given = synthesize(context);
    const needed = Object.entries(resourcesOf(given))
      .filter(([name, { Type }]) => /^SyncGuard\d+$/.test(name) || /WebA(CL|cl)Association$/.test(Type))
      .map(([name]) => name);
    expect(needed.length).toBeGreaterThanOrEqual(3);
    for (const schedule of ['SyncDailyRewrite', 'SyncHourly'])
      expect([...prerequisitesOf(given, schedule)]).toEqual(expect.arrayContaining(needed));
  });

  it('the sync has no other schedule', () => {
    expect(Object.keys(resourcesOf(template, 'AWS::Scheduler::Schedule')).sort()).toEqual([
      'SyncDailyRewrite',
      'SyncHourly',
    ]);
    template.resourceCountIs('AWS::Events::Rule', 0);
  });

  it('Lambda retries a failed run, then sends it to the dead-letter queue of the schedules', () => {
    expect(resourcesOf(template).SyncFunctionEventInvokeConfig?.Properties).toEqual({
      FunctionName: '<SyncFunction>',
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 3600,
      DestinationConfig: { OnFailure: { Destination: '<SyncDeadLetters.Arn>' } },
    });
    expect(resourcesOf(template, 'AWS::SQS::Queue').SyncDeadLetters?.Properties).toEqual({
      MessageRetentionPeriod: 1209600,
      SqsManagedSseEnabled: true,
    });
  });
});

describe('functions', () => {
  const all = resourcesOf(template, FUNCTION);
  // CDK's own say what they are by their entry points or names.
  const managed = Object.entries(all).filter(
    ([name, { Properties }]) => Properties.Handler.startsWith('index.') && !name.startsWith('Custom'),
  );

  it('the stack has exactly these functions and three of the CDK', () => {
    expect(managed.map(([name]) => name).sort()).toEqual(OUR_FUNCTIONS);
    expect(Object.keys(all)).toHaveLength(OUR_FUNCTIONS.length + 3);
  });

  test.each(managed)(
    '%s runs on the current Node.js on arm64 and logs to a log group of the stack',
    (_name, { Properties }) => {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(Object.keys(resourcesOf(template, 'AWS::Logs::LogGroup')).map((name) => `<${name}>`)).toContain(
        Properties.LoggingConfig.LogGroup,
      );
    },
  );

  it('every log group has a retention period and is deleted with the stack', () => {
    const groups = Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup'));
    expect(
      Object.fromEntries(
        groups.map(([name, group]) => [name, [group.Properties.RetentionInDays, group.DeletionPolicy]]),
      ),
    ).toEqual({
      SyncLogs: [400, 'Delete'],
      IpSetsLogs: [30, 'Delete'],
      ReceiverLogs: [30, 'Delete'],
      ReceiverRedriveLogs: [30, 'Delete'],
      IngressWebAclBlockedRequests: [90, 'Delete'],
      WidgetLogs: [30, 'Delete'],
    });
  });

  it('the receiver times out before Intercom does', () => {
    expect(all.ReceiverFunction?.Properties.Timeout).toBeLessThanOrEqual(5);
  });

  it('the environment of a function holds the ARN of a secret, never its value', () => {
    const shared = {
      OWNER: STACK,
      EVENT_BUS_NAME: '<ReceiverBus>',
      DEDUPLICATION_TABLE: '<ReceiverDeduplicationTable>',
      OVERFLOW_QUEUE_URL: '<ReceiverOverflowQueue>',
      OVERFLOW_BUCKET: '<ReceiverOverflowBucket>',
    };
    expect(all.ReceiverFunction?.Properties.Environment.Variables).toEqual({
      ...shared,
      CLIENT_SECRET_ARN: '<ReceiverClientSecret>',
    });
    expect(all.ReceiverRedriveFunction?.Properties.Environment.Variables).toEqual(shared);
    expect(stringsIn(template.toJSON()).filter((text) => text.includes('{{resolve:'))).toEqual([]);
    expect(onlyOne(template, 'AWS::SecretsManager::Secret')).not.toHaveProperty('SecretString');
  });

  const OWN_IP_SETS = { kind: 'ip-set', ids: ['<IpSetsIPV4.Arn>', '<IpSetsIPV6.Arn>'], exclusive: true };

  test.each([
    [
      'by default',
      template,
      {
        OWNER: STACK,
        INTERCOM_REGIONS: 'us,eu,au',
        FEED_BASE_URL: 'https://static.intercomcdn.com/intercom-ips',
        TARGETS: [OWN_IP_SETS],
        REMOVAL_GRACE_HOURS: '24',
        MAX_REMOVAL_SHARE: '0.5',
        RULES_PER_SECURITY_GROUP: '60',
        CHANGE_FORMAT: 'text',
        DASHBOARD_NAME: STACK,
      },
    ],
    [
      'with every key',
      everyKey,
      {
        OWNER: 'Other-1',
        INTERCOM_REGIONS: 'eu,au',
        FEED_BASE_URL: 'https://feeds.example.com/intercom',
        TARGETS: [
          OWN_IP_SETS,
          { kind: 'prefix-list', ids: ['<PrefixListsIPv4>', '<PrefixListsIPv6>'], exclusive: true },
          { kind: 'ip-set', ids: IP_SET_ARNS },
          { kind: 'security-group', ids: SECURITY_GROUP_IDS, ports: [443, 8443] },
          { kind: 'prefix-list', ids: PREFIX_LIST_IDS },
        ],
        REMOVAL_GRACE_HOURS: '48',
        MAX_REMOVAL_SHARE: '0.25',
        RULES_PER_SECURITY_GROUP: '200',
        CHANGE_FORMAT: 'chat',
        DASHBOARD_NAME: 'Other-1',
      },
    ],
  ])('the sync function and the function for deployments get the same configuration: %s', (_case, given, expected) => {
    for (const name of ['SyncFunction', 'SyncAfterDeployFunction']) {
      expect(resourcesOf(given, FUNCTION)[name]?.Properties.Environment.Variables).toEqual({
        ...expected,
        TARGETS: JSON.stringify(expected.TARGETS),
        GUARDS: expect.any(String),
        STATE_TABLE: '<SyncState>',
        CHANGES_TOPIC_ARN: '<ChangesTopic>',
      });
    }
  });
});

describe('guards', () => {
  const guardsOf = (given: Template, name = 'SyncFunction') =>
    JSON.parse(resourcesOf(given, FUNCTION)[name]?.Properties.Environment.Variables.GUARDS);
  const receiver = {
    kind: 'receiver',
    id: '<ReceiverBus>',
    secret: '<ReceiverClientSecret>',
    queue: '<ReceiverOverflowQueue>',
  };
  const webAcl = {
    kind: 'web-acl',
    id: '<IngressWebAcl.Arn>',
    mode: 'block',
    ipSets: ['<IpSetsIPV4.Arn>', '<IpSetsIPV6.Arn>'],
  };

  it('each run checks the web ACL in front of the stage, the stage and the receiver', () => {
    const stage = '<IngressApi>/stages/<IngressApiDeploymentStagelive>';
    expect(guardsOf(template)).toEqual([
      { ...webAcl, protects: [`arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/${stage}`] },
      { kind: 'api-stage', id: '<IngressApi>/<IngressApiDeploymentStagelive>' },
      receiver,
    ]);
  });

  it('with the ALB ingress each run checks the load balancer, the private API and both security groups too', () => {
    const path = (name: string) => `<IngressOwnVpc${name}>`;
    const groups = ['<PrefixListsIPv4>', '<PrefixListsIPv6>'];
    const group = path('ReferringSecurityGroup.GroupId');
    expect(guardsOf(synthesize({ ...ALB, prefixLists: 'create-and-reference' }))).toEqual([
      { ...webAcl, protects: [path('LoadBalancer')] },
      { kind: 'api-stage', id: `${path('Api')}/${path('ApiDeploymentStagelive')}`, vpcEndpoint: path('Endpoint') },
      {
        kind: 'load-balancer',
        id: path('LoadBalancer'),
        listener: path('LoadBalancerHttps'),
        securityGroups: [group],
        hostName: `${path('Api')}.execute-api.<AWS::Region>.<AWS::URLSuffix>`,
      },
      { kind: 'security-group', id: path('EndpointSecurityGroup.GroupId'), admits: [group] },
      { kind: 'security-group', id: group, admits: groups },
      receiver,
    ]);
  });

  it('the run in a deployment checks none: what was just changed may not have taken effect everywhere', () => {
    expect(guardsOf(template, 'SyncAfterDeployFunction')).toEqual([]);
  });
});

describe('the widget', () => {
  const all = resourcesOf(template, FUNCTION);

  it('the widget is below the alarms, as wide as the dashboard, and ignores the time range', () => {
    const body = onlyOne(template, 'AWS::CloudWatch::Dashboard').DashboardBody;
    const first = JSON.parse(body).widgets[2];
    expect(first).toMatchObject({ type: 'custom', x: 0, y: 5, width: 24 });
    expect(first.properties).toEqual({
      title: `Intercom allowlist of ${STACK}`,
      endpoint: '<WidgetFunction.Arn>',
      updateOn: { refresh: true, resize: true, timeRange: false },
    });
  });

  it.each([
    ['by default', template, { INTERCOM_REGIONS: 'us,eu,au', REMOVAL_GRACE_HOURS: '24' }],
    ['with every key', everyKey, { INTERCOM_REGIONS: 'eu,au', REMOVAL_GRACE_HOURS: '48' }],
  ])(
    'gets the configuration of the sync, its state table, its log group, and the function for its buttons: %s',
    (_case, given, expected) => {
      expect(resourcesOf(given, FUNCTION).WidgetFunction?.Properties.Environment.Variables).toEqual({
        ...expected,
        STATE_TABLE: '<SyncState>',
        SYNC_LOG_GROUP: '<SyncLogs>',
        WIDGET_ACTIONS: '<WidgetAction.Arn>',
      });
    },
  );

  it('the function behind the buttons knows only the sync function, and its timeout is longer', () => {
    expect(all.WidgetAction?.Properties.Environment.Variables).toEqual({ SYNC_FUNCTION: '<SyncFunction.Arn>' });
    expect(all.WidgetAction?.Properties.Timeout).toBeGreaterThan(all.SyncFunction?.Properties.Timeout);
  });
});

it('the state table is on demand, has point-in-time recovery, and is deleted with the stack', () => {
  template.hasResource('AWS::DynamoDB::Table', {
    Properties: {
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: 'kind', KeyType: 'HASH' },
        { AttributeName: 'id', KeyType: 'RANGE' },
      ],
      TableName: Match.absent(),
    },
    DeletionPolicy: 'Delete',
    UpdateReplacePolicy: 'Delete',
  });
});

describe('web ACL', () => {
  const acl = onlyOne(template, 'AWS::WAFv2::WebACL');
  const logging = onlyOne(template, 'AWS::WAFv2::LoggingConfiguration');

  it('blocks by default and allows exactly the entries of the two IP sets', () => {
    const allow = (family: string, Priority: number) => ({
      Name: `intercom-${family}`,
      Priority,
      Action: { Allow: {} },
      Statement: { IPSetReferenceStatement: { Arn: `<IpSetsIP${family.toUpperCase().slice(2)}.Arn>` } },
      VisibilityConfig: expect.objectContaining({ MetricName: `intercom-${family}`, CloudWatchMetricsEnabled: true }),
    });
    expect(acl).toMatchObject({ Scope: 'REGIONAL', DefaultAction: { Block: {} } });
    expect(acl.DefaultAction).toEqual({ Block: {} });
    // The others allow nothing: one counts, and the last one blocks requests that the default action would block as well.
    expect(acl.Rules).toMatchObject([
      { Name: 'too-large', Priority: 0, Action: { Count: {} } },
      {},
      {},
      { Name: 'blocked-like-intercom', Priority: 3, Action: { Block: {} } },
    ]);
    expect(acl.Rules.slice(1, 3)).toEqual([allow('ipv4', 1), allow('ipv6', 2)]);
  });

  it('counts requests from the ranges whose body API Gateway rejects before the receiver sees it', () => {
    const { Statement } = acl.Rules[0];
    const [ranges, length] = Statement.AndStatement.Statements;
    expect(ranges.OrStatement.Statements).toEqual(
      ['<IpSetsIPV4.Arn>', '<IpSetsIPV6.Arn>'].map((Arn) => ({ IPSetReferenceStatement: { Arn } })),
    );
    expect(length.RegexMatchStatement.FieldToMatch).toEqual({ SingleHeader: { Name: 'content-length' } });
    const matches = (bytes: number) => new RegExp(length.RegexMatchStatement.RegexString).test(String(bytes));
    const counted = [
      0, 3000, 999_999, 4_500_000, 4_599_999, 4_600_000, 4_999_999, 5_000_000, 9_999_999, 10_000_000, 123_456_789,
    ];
    expect(counted.filter(matches)).toEqual([4_600_000, 4_999_999, 5_000_000, 9_999_999, 10_000_000, 123_456_789]);
    // The receiver counts all others that are too large, and what it is invoked with has at most 6 MB.
    expect(4_600_000).toBeGreaterThan(MAX_BODY_BYTES);
    expect((4_600_000 * 4) / 3).toBeLessThan(6 * 1024 * 1024);
  });

  it('is associated with the stage of the API', () => {
    expect(onlyOne(template, 'AWS::WAFv2::WebACLAssociation')).toEqual({
      WebACLArn: '<IngressWebAcl.Arn>',
      ResourceArn:
        'arn:<AWS::Partition>:apigateway:<AWS::Region>::/restapis/<IngressApi>/stages/<IngressApiDeploymentStagelive>',
    });
    expect(onlyOne(template, 'AWS::ApiGateway::Stage')).toMatchObject({ RestApiId: '<IngressApi>', StageName: 'live' });
  });

  it('logs only blocked requests, without the signature', () => {
    expect(logging).toMatchObject({
      ResourceArn: '<IngressWebAcl.Arn>',
      RedactedFields: [{ SingleHeader: { Name: 'x-hub-signature' } }, { SingleHeader: { Name: 'x-body-signature' } }],
      LoggingFilter: {
        DefaultBehavior: 'DROP',
        Filters: [
          { Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }] },
        ],
      },
    });
  });

  it('logs to a log group with the name prefix that AWS WAF requires', () => {
    const group = resourcesOf(template, 'AWS::Logs::LogGroup').IngressWebAclBlockedRequests;
    expect(group?.Properties.LogGroupName).toBe(`aws-waf-logs-${STACK}`);
    expect(logging.LogDestinationConfigs).toEqual([expect.stringContaining('<IngressWebAclBlockedRequests')]);
  });

  it("names its log group by an ARN without the trailing `:*` of the group's own attribute", () => {
    expect(logging.LogDestinationConfigs).not.toContain('<IngressWebAclBlockedRequests.Arn>');
  });

  it('has a metric name of its own, which the dashboard uses', () => {
    const [, asked] =
      /"WebACL\\?","([^"\\]*)/.exec(onlyOne(template, 'AWS::CloudWatch::Dashboard').DashboardBody) ?? [];
    expect(asked).toBe(STACK);
    expect(acl.VisibilityConfig).toMatchObject({ CloudWatchMetricsEnabled: true, MetricName: asked });
  });
});

describe('API', () => {
  it('accepts exactly HEAD and POST at /webhook, and the receiver handles both', () => {
    const { IngressApiwebhook: path, ...others } = resourcesOf(template, 'AWS::ApiGateway::Resource');
    expect(others).toEqual({});
    expect(path?.Properties).toEqual({
      RestApiId: '<IngressApi>',
      ParentId: '<IngressApi.RootResourceId>',
      PathPart: 'webhook',
    });
    const answered = (HttpMethod: string) => ({
      HttpMethod,
      RestApiId: '<IngressApi>',
      ResourceId: '<IngressApiwebhook>',
      AuthorizationType: 'NONE',
      Integration: {
        Type: 'AWS_PROXY',
        IntegrationHttpMethod: 'POST',
        Uri: 'arn:<AWS::Partition>:apigateway:<AWS::Region>:lambda:path/2015-03-31/functions/<ReceiverFunction.Arn>/invocations',
      },
    });
    const methods = Object.values(resourcesOf(template, 'AWS::ApiGateway::Method')).map((method) => method.Properties);
    expect(methods).toEqual([answered('HEAD'), answered('POST')]);
  });

  it('is regional and passes every body to the function byte for byte', () => {
    expect(onlyOne(template, 'AWS::ApiGateway::RestApi')).toMatchObject({
      BinaryMediaTypes: ['*/*'],
      EndpointConfiguration: { Types: ['REGIONAL'] },
    });
  });

  it('does not change the API Gateway settings of the account', () => {
    template.resourceCountIs('AWS::ApiGateway::Account', 0);
  });
});

describe('a deployment never changes an entry', () => {
  const TYPES_WITH_ENTRIES = [
    'AWS::WAFv2::IPSet',
    'AWS::EC2::PrefixList',
    'AWS::EC2::SecurityGroup',
    'AWS::EC2::SecurityGroupIngress',
  ];

  test.each(TYPES_WITH_ENTRIES)('no template contains an %s', (type) => {
    template.resourceCountIs(type, 0);
    everyKey.resourceCountIs(type, 0);
  });

  test.each([
    ['IpSetsIPV4', 'IPV4', 'v4'],
    ['IpSetsIPV6', 'IPV6', 'v6'],
  ])('the custom resource %s has every property of an IP set except its entries', (name, version, suffix) => {
    expect(resourcesOf(template, 'Custom::IntercomAllowlistIpSet')[name]?.Properties).toEqual({
      ServiceToken: '<IpSetsProviderframeworkonEvent.Arn>',
      Name: `${STACK}-${suffix}`,
      IPAddressVersion: version,
      Description: expect.any(String),
      Tags: [{ Key: 'intercom-allowlist:owner', Value: expect.stringMatching(/^<AWS::StackId>\/[0-9A-F]{8}$/) }],
    });
  });

  it('no template contains an IP address', () => {
    expect(addressesIn(template.toJSON())).toEqual([]);
    expect(addressesIn(everyKey.toJSON())).toEqual([]);
    expect(addressesIn({ a: ['x 34.197.76.213/32'], b: { c: '2600:1f00::/40,10.0.0.1' } })).toEqual([
      '34.197.76.213/32',
      '2600:1f00::/40',
      '10.0.0.1',
    ]);
  });

  it('the sync runs in a deployment after its IP sets exist and the web ACL guards the API', () => {
    const prerequisites = prerequisitesOf(template, 'SyncAfterDeploy');
    expect([...prerequisites]).toEqual(
      expect.arrayContaining([
        'IngressWebAclAssociation',
        'IngressWebAcl',
        'IpSetsIPV4',
        'IpSetsIPV6',
        'SyncState',
        'SyncRoleDefaultPolicy',
      ]),
    );
  });

  it('a deployment waits for the run until the function times out', () => {
    const { Timeout } = resourcesOf(template, FUNCTION).SyncAfterDeployFunction?.Properties ?? {};
    expect(onlyOne(template, 'Custom::Trigger')).toMatchObject({
      Timeout: String(Timeout * 1000),
      InvocationType: 'RequestResponse',
      ExecuteOnHandlerChange: true,
    });
  });

  it('the sync runs in every deployment that changed the configuration, and in no other', () => {
    const handlerOf = (given: Template) => given.findResources('Custom::Trigger');
    expect(handlerOf(synthesize({ intercomRegions: 'us' }))).not.toEqual(handlerOf(template));
    expect(Template.fromStack(addStack(newApp())).toJSON()).toEqual(template.toJSON());
  });

  it('an IP set is deleted after the web ACL that references it and before the function that deletes it', () => {
    for (const set of ['IpSetsIPV4', 'IpSetsIPV6']) {
      expect(prerequisitesOf(template, 'IngressWebAcl')).toContain(set);
      expect([...prerequisitesOf(template, set)]).toEqual(
        expect.arrayContaining([
          'IpSetsLifecycle',
          'IpSetsLifecycleRoleDefaultPolicy',
          'IpSetsProviderframeworkonEvent',
        ]),
      );
    }
  });
});

test('the stack has exactly the documented outputs', () => {
  const outputs = Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [name, readable(Value)]);
  expect(Object.fromEntries(outputs)).toEqual({
    WebhookUrl:
      'https://<IngressApi>.execute-api.<AWS::Region>.<AWS::URLSuffix>/<IngressApiDeploymentStagelive>/webhook',
    SyncFunctionName: '<SyncFunction>',
    WebAclArn: '<IngressWebAcl.Arn>',
    StateTableName: '<SyncState>',
    ClientSecretArn: '<ReceiverClientSecret>',
    EventBusName: '<ReceiverBus>',
    OverflowQueueUrl: '<ReceiverOverflowQueue>',
    OverflowBucketName: '<ReceiverOverflowBucket>',
    DashboardUrl: `https://<AWS::Region>.<OverviewConsole.<AWS::Partition>.host>/cloudwatch/home?region=<AWS::Region>#dashboards/dashboards/${STACK}`,
    ChangesTopicArn: '<ChangesTopic>',
    AlarmsTopicArn: '<AlarmsTopic>',
    WidgetFunctionName: '<WidgetFunction>',
    WidgetActionFunctionName: '<WidgetAction>',
    Ipv4IpSetArn: '<IpSetsIPV4.Arn>',
    Ipv6IpSetArn: '<IpSetsIPV6.Arn>',
  });
});

describe('two stacks in one account and Region', () => {
  const app = newApp();
  const stacks = ['One', 'Two'].map((name) => addStack(app, name));
  const [namesOfOne, namesOfTwo] = stacks.map((stack) => literalNamesIn(Template.fromStack(stack)));

  it('share no physical name', () => {
    expect(namesOfOne).not.toEqual({});
    const shared = Object.entries(namesOfOne ?? {}).filter(([key, value]) => namesOfTwo?.[key] === value);
    expect(shared).toEqual([]);
  });

  it('have the configured names', () => {
    expect(stacks.map(({ stackName }) => stackName)).toEqual(['One', 'Two']);
  });
});

/** Every property called Name or ...Name whose value is a literal, by resource and path. */
function literalNamesIn(given: Template): Record<string, string> {
  const names = Object.entries(resourcesOf(given)).flatMap(([resource, { Type, Properties }]) =>
    leavesOf(Properties)
      .filter(([path, value]) => /Name$/.test(path) && !/^Dimensions|^MetricName$/.test(path) && !value.includes('<'))
      .filter(([path]) => !SCOPED_NAMES.some((scoped) => scoped.test(`${Type} ${path}`)))
      .map(([path, value]) => [`${resource} ${path}`, value]),
  );
  return Object.fromEntries(names);
}

function leavesOf(value: unknown, path: readonly string[] = []): [path: string, value: string][] {
  if (typeof value === 'string') return [[path.join('.'), value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}
