import { Match } from 'aws-cdk-lib/assertions';
import {
  ALB,
  ALB_EVERY_KEY,
  addressesIn,
  type Context,
  onlyOne,
  prerequisitesOf,
  readable,
  resourcesOf,
  synthesize,
} from '../template';

const exclusive = synthesize(ALB);
const given = synthesize(ALB_EVERY_KEY);
const PATH = 'IngressOwnVpc';
const GIVEN_PATH = 'Ingressvpc0123456789abcdef0';

describe('the load balancer', () => {
  it('faces the internet in two subnets, with the closed group alone, and drops invalid headers', () => {
    expect(onlyOne(exclusive, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toEqual({
      Type: 'application',
      Scheme: 'internet-facing',
      IpAddressType: 'dualstack',
      Subnets: [`<${PATH}IngressSubnet1Subnet>`, `<${PATH}IngressSubnet2Subnet>`],
      SecurityGroups: [`<${PATH}SecurityGroup.GroupId>`],
      LoadBalancerAttributes: [
        { Key: 'deletion_protection.enabled', Value: 'false' },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'access_logs.s3.bucket', Value: `<${PATH}Log>` },
      ],
    });
  });

  it('writes its access logs to a private bucket that it may write to before it is made', () => {
    expect(prerequisitesOf(exclusive, `${PATH}LoadBalancer`)).toContain(`${PATH}LogPolicy`);
    exclusive.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Delete',
      Properties: {
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90 })] },
      },
    });
  });

  it('sends HEAD and POST of the webhook to the private API, under the Host name that API Gateway knows', () => {
    expect(onlyOne(exclusive, 'AWS::ElasticLoadBalancingV2::ListenerRule')).toEqual({
      ListenerArn: `<${PATH}LoadBalancerHttps>`,
      Priority: 1,
      Conditions: [
        { Field: 'host-header', HostHeaderConfig: { Values: ['hooks.example.com'] } },
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/live/webhook'] } },
        { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['HEAD', 'POST'] } },
      ],
      Actions: [{ Type: 'forward', TargetGroupArn: `<${PATH}Targets>` }],
      Transforms: [
        {
          Type: 'host-header-rewrite',
          HostHeaderRewriteConfig: {
            Rewrites: [{ Regex: '^.+$', Replace: `<${PATH}Api>.execute-api.<AWS::Region>.<AWS::URLSuffix>` }],
          },
        },
      ],
    });
    expect(onlyOne(exclusive, 'AWS::ApiGateway::Stage')).toMatchObject({
      RestApiId: `<${PATH}Api>`,
      StageName: 'live',
    });
  });

  it('reaches the endpoint by its addresses over TLS, and knows from a 403 that API Gateway is there', () => {
    expect(onlyOne(exclusive, 'AWS::ElasticLoadBalancingV2::TargetGroup')).toMatchObject({
      TargetType: 'ip',
      Protocol: 'HTTPS',
      Port: 443,
      Targets: [1, 2].map((i) => ({ Id: `<${PATH}EndpointAddresses.Address${i}>`, Port: 443 })),
      HealthCheckProtocol: 'HTTPS',
      HealthCheckPath: '/',
      Matcher: { HttpCode: '403' },
    });
    expect(onlyOne(exclusive, 'Custom::IntercomAllowlistAddresses')).toMatchObject({
      NetworkInterfaceIds: `<${PATH}Endpoint.NetworkInterfaceIds>`,
    });
  });
});

describe('the security group', () => {
  const group = resourcesOf(exclusive, 'AWS::EC2::SecurityGroup')[`${PATH}SecurityGroup`]?.Properties;

  it('starts without rules, and without the tag by which syncs of other stacks would find it', () => {
    expect(group).toEqual({
      GroupDescription: expect.any(String),
      VpcId: `<${PATH}>`,
    });
  });

  it("is the sync's to fill in every deploy, and is full before the load balancer turns to it", () => {
    for (const name of ['SyncFunction', 'SyncAfterDeployFunction']) {
      const { TARGETS } = resourcesOf(exclusive, 'AWS::Lambda::Function')[name]?.Properties.Environment.Variables ?? {};
      expect(JSON.parse(TARGETS)).toContainEqual({
        kind: 'security-group',
        ids: [`<${PATH}SecurityGroup.GroupId>`],
        exclusive: true,
        ports: [443],
      });
    }
    expect(prerequisitesOf(exclusive, 'SyncAfterDeploy')).toContain(`${PATH}SecurityGroup`);
    expect(prerequisitesOf(exclusive, `${PATH}LoadBalancer`)).toContain('SyncAfterDeploy');
  });
});

describe('the security group that refers to prefix lists', () => {
  const group = resourcesOf(given, 'AWS::EC2::SecurityGroup')[`${GIVEN_PATH}ReferringSecurityGroup`]?.Properties;

  it('has one rule for each list and is no target itself', () => {
    expect(group).not.toHaveProperty('Tags');
    expect(group).not.toHaveProperty('SecurityGroupIngress');
    const lists = propertiesOf('AWS::EC2::SecurityGroupIngress').flatMap(({ SourcePrefixListId: id }) => id ?? []);
    expect(lists).toEqual(['<PrefixListsIPv4>', '<PrefixListsIPv6>']);
    const { Environment } = resourcesOf(given, 'AWS::Lambda::Function').SyncFunction?.Properties ?? {};
    expect(JSON.parse(Environment.Variables.TARGETS)).not.toContainEqual(
      expect.objectContaining({ kind: 'security-group', exclusive: true }),
    );
  });

  it('has full lists before the load balancer turns to it', () => {
    expect(prerequisitesOf(given, 'SyncAfterDeploy')).toContain('PrefixListsIPv4');
    expect(prerequisitesOf(given, `${GIVEN_PATH}LoadBalancer`)).toContain('SyncAfterDeploy');
  });

  it('is another group than that with a rule for each range: those rules must not outlive the switch', () => {
    const groupsOf = (context: Context) => Object.keys(resourcesOf(synthesize(context), 'AWS::EC2::SecurityGroup'));
    const shared = groupsOf({ ...ALB, prefixLists: 'create-and-reference' }).filter((name) =>
      groupsOf(ALB).includes(name),
    );
    expect(shared).toEqual([`${PATH}EndpointSecurityGroup`]);
  });

  function propertiesOf(type: string) {
    return Object.values(resourcesOf(given, type)).map(({ Properties }) => Properties);
  }
});

describe('the private API', () => {
  it('is private, and like the regional one in everything else', () => {
    const { Policy: _, ...api } = onlyOne(exclusive, 'AWS::ApiGateway::RestApi');
    const regional = onlyOne(synthesize(), 'AWS::ApiGateway::RestApi');
    expect(api).toEqual({ ...regional, EndpointConfiguration: { Types: ['PRIVATE'] } });
    const methods = (template: typeof exclusive) =>
      Object.values(resourcesOf(template, 'AWS::ApiGateway::Method')).map(({ Properties }) => Properties.HttpMethod);
    expect(methods(exclusive)).toEqual(methods(synthesize()));
  });

  it('is reached by an endpoint that takes no other API of the Region away from the VPC', () => {
    expect(onlyOne(exclusive, 'AWS::EC2::VPCEndpoint')).toMatchObject({
      VpcEndpointType: 'Interface',
      ServiceName: 'com.amazonaws.<AWS::Region>.execute-api',
      PrivateDnsEnabled: false,
      SecurityGroupIds: [`<${PATH}EndpointSecurityGroup.GroupId>`],
    });
  });
});

describe('a VPC of its own', () => {
  it('has two public subnets, IPv4 and IPv6, and no NAT gateway', () => {
    exclusive.resourceCountIs('AWS::EC2::Subnet', 2);
    exclusive.resourceCountIs('AWS::EC2::NatGateway', 0);
    exclusive.hasResourceProperties('AWS::EC2::VPCCidrBlock', { AmazonProvidedIpv6CidrBlock: true });
    const routes = Object.values(resourcesOf(exclusive, 'AWS::EC2::Route')).map(
      ({ Properties }) => Properties.DestinationCidrBlock ?? Properties.DestinationIpv6CidrBlock,
    );
    expect(routes.sort()).toEqual(['0.0.0.0/0', '0.0.0.0/0', '::/0', '::/0']);
  });

  it('logs what its security groups drop, which nothing else does', () => {
    expect(onlyOne(exclusive, 'AWS::EC2::FlowLog')).toMatchObject({
      TrafficType: 'REJECT',
      ResourceId: `<${PATH}>`,
      LogGroupName: `<${PATH}RejectedPackets>`,
    });
  });
});

describe('a VPC that is given', () => {
  it('is looked up in the deploy; nothing is made in it but what the ingress is', () => {
    expect(onlyOne(given, 'Custom::IntercomAllowlistPublicSubnets')).toMatchObject({ VpcId: 'vpc-0123456789abcdef0' });
    const found = (attribute: string) => `<${GIVEN_PATH}PublicSubnets.${attribute}>`;
    expect(onlyOne(given, 'AWS::ElasticLoadBalancingV2::LoadBalancer')).toMatchObject({
      Subnets: [found('Subnet1'), found('Subnet2')],
      IpAddressType: found('IpAddressType'),
    });
    const types = Object.values(resourcesOf(given)).map(({ Type }) => Type);
    expect([...new Set(types.filter((type) => type.startsWith('AWS::EC2::')))].sort()).toEqual([
      'AWS::EC2::SecurityGroup',
      'AWS::EC2::SecurityGroupEgress',
      'AWS::EC2::SecurityGroupIngress',
      'AWS::EC2::VPCEndpoint',
    ]);
  });

  it('gets everything made anew when it is another one: nothing can move from one VPC to another', () => {
    const bound = /LoadBalancer|SecurityGroup|VPCEndpoint|RestApi|TargetGroup/;
    const idsIn = (context: Context) =>
      Object.entries(synthesize(context).toJSON().Resources as Record<string, { Type: string }>)
        .filter(([, { Type }]) => bound.test(Type))
        .map(([id]) => id);
    const other = idsIn({ ...ALB_EVERY_KEY, vpcId: 'vpc-11111111' });
    expect(other).toHaveLength(idsIn(ALB_EVERY_KEY).length);
    expect(other.filter((id) => idsIn(ALB_EVERY_KEY).includes(id))).toEqual([]);
  });
});

describe('DNS', () => {
  it('gets alias records for both families in a hosted zone that is given', () => {
    const records = Object.values(resourcesOf(given, 'AWS::Route53::RecordSet')).map(({ Properties }) => Properties);
    const alias = (Type: string) => ({
      Type,
      Name: 'hooks.example.com.',
      HostedZoneId: 'Z0123456789ABCDEFGHIJ',
      AliasTarget: {
        DNSName: `dualstack.<${GIVEN_PATH}LoadBalancer.DNSName>`,
        HostedZoneId: `<${GIVEN_PATH}LoadBalancer.CanonicalHostedZoneID>`,
      },
    });
    expect(records).toEqual([alias('A'), alias('AAAA')]);
  });

  it('is left to the operator otherwise, who is told the name to point to', () => {
    exclusive.resourceCountIs('AWS::Route53::RecordSet', 0);
    expect(outputsOf(exclusive)).toMatchObject({ LoadBalancerDnsName: `<${PATH}LoadBalancer.DNSName>` });
  });
});

test("the outputs are the API Gateway ingress's and two more; the URL has the same path", () => {
  const { WebhookUrl, ...others } = outputsOf(exclusive);
  const { WebhookUrl: regionalUrl, ...regional } = outputsOf(synthesize());
  expect(WebhookUrl).toBe('https://hooks.example.com/live/webhook');
  expect(regionalUrl?.replace('<IngressApiDeploymentStagelive>', 'live')).toMatch(/\/live\/webhook$/);
  expect(others).toEqual({
    ...regional,
    SecurityGroupId: `<${PATH}SecurityGroup.GroupId>`,
    LoadBalancerDnsName: `<${PATH}LoadBalancer.DNSName>`,
  });
});

describe('switching between the edges', () => {
  const regional = synthesize();
  const idsOf = (template: typeof exclusive, type: string) => Object.keys(template.findResources(type));

  it.each([
    ['the web ACL, whose name can exist only once', 'AWS::WAFv2::WebACL'],
    ['the log of blocked requests', 'AWS::WAFv2::LoggingConfiguration'],
    ['the IP sets, full as they are', 'Custom::IntercomAllowlistIpSet'],
    ['the client secret', 'AWS::SecretsManager::Secret'],
    ['the bus', 'AWS::Events::EventBus'],
    ['the state', 'AWS::DynamoDB::Table'],
  ])('keeps %s', (_name, type) => {
    expect(idsOf(exclusive, type)).toEqual(idsOf(regional, type));
    expect(idsOf(exclusive, type)).not.toEqual([]);
  });

  it('makes another API: one that turned from private to regional would be open for a while', () => {
    const ids = [...idsOf(exclusive, 'AWS::ApiGateway::RestApi'), ...idsOf(regional, 'AWS::ApiGateway::RestApi')];
    expect(new Set(ids).size).toBe(2);
  });
});

test('no address stands in a template but those of the own VPC, its routes, and the one that stands for nothing', () => {
  expect(new Set(addressesIn(exclusive.toJSON()))).toEqual(
    new Set(['10.0.0.0/24', '10.0.0.0/25', '10.0.0.128/25', '0.0.0.0/0', '::/0', '255.255.255.255/32']),
  );
  expect(new Set(addressesIn(given.toJSON()))).toEqual(new Set(['255.255.255.255/32']));
});

function outputsOf(template: typeof exclusive): Record<string, string> {
  const outputs = Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [name, readable(Value)]);
  return Object.fromEntries(outputs);
}
