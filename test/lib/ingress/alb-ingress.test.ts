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
  it('is internet-facing in two subnets, has only the closed security group, and drops invalid headers', () => {
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

  it('writes access logs to a private bucket whose policy exists before the load balancer', () => {
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

  it('forwards HEAD and POST of the webhook to the private API, with the host name that API Gateway knows', () => {
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

  it('reaches the endpoint at its addresses over TLS, and takes a 403 as healthy', () => {
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

  it('starts without rules and without the discovery tag', () => {
    expect(group).toEqual({
      GroupDescription: expect.any(String),
      VpcId: `<${PATH}>`,
    });
  });

  it('is a target of the sync, which fills it before the load balancer uses it', () => {
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

describe('the security group that references prefix lists', () => {
  const group = resourcesOf(given, 'AWS::EC2::SecurityGroup')[`${GIVEN_PATH}ReferringSecurityGroup`]?.Properties;

  it('has one rule for each list and is not a target', () => {
    expect(group).not.toHaveProperty('Tags');
    expect(group).not.toHaveProperty('SecurityGroupIngress');
    const lists = propertiesOf('AWS::EC2::SecurityGroupIngress').flatMap(({ SourcePrefixListId: id }) => id ?? []);
    expect(lists).toEqual(['<PrefixListsIPv4>', '<PrefixListsIPv6>']);
    const { Environment } = resourcesOf(given, 'AWS::Lambda::Function').SyncFunction?.Properties ?? {};
    expect(JSON.parse(Environment.Variables.TARGETS)).not.toContainEqual(
      expect.objectContaining({ kind: 'security-group', exclusive: true }),
    );
  });

  it('is used by the load balancer only after the sync has filled the lists', () => {
    expect(prerequisitesOf(given, 'SyncAfterDeploy')).toContain('PrefixListsIPv4');
    expect(prerequisitesOf(given, `${GIVEN_PATH}LoadBalancer`)).toContain('SyncAfterDeploy');
  });

  it('is not the group with a rule for each range, so those rules do not outlive a switch', () => {
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
  it('is private, and in all other respects like the regional API', () => {
    const { Policy: _, ...api } = onlyOne(exclusive, 'AWS::ApiGateway::RestApi');
    const regional = onlyOne(synthesize(), 'AWS::ApiGateway::RestApi');
    expect(api).toEqual({ ...regional, EndpointConfiguration: { Types: ['PRIVATE'] } });
    const methods = (template: typeof exclusive) =>
      Object.values(resourcesOf(template, 'AWS::ApiGateway::Method')).map(({ Properties }) => Properties.HttpMethod);
    expect(methods(exclusive)).toEqual(methods(synthesize()));
  });

  it('is reached through an endpoint without private DNS, so other APIs of the Region stay reachable from the VPC', () => {
    expect(onlyOne(exclusive, 'AWS::EC2::VPCEndpoint')).toMatchObject({
      VpcEndpointType: 'Interface',
      ServiceName: `<${PATH}EndpointZones.ServiceName>`,
      PrivateDnsEnabled: false,
      SecurityGroupIds: [`<${PATH}EndpointSecurityGroup.GroupId>`],
    });
  });
});

describe('a VPC that the stack creates', () => {
  it('has two public subnets, IPv4 and IPv6, and no NAT gateway', () => {
    const zones = Object.values(resourcesOf(exclusive, 'AWS::EC2::Subnet')).map(
      ({ Properties }) => Properties.AvailabilityZone,
    );
    // Not simply the first two of the Region: not every zone offers the endpoint.
    expect(zones).toEqual([`<${PATH}EndpointZones.Zone1>`, `<${PATH}EndpointZones.Zone2>`]);
    exclusive.resourceCountIs('AWS::EC2::NatGateway', 0);
    exclusive.hasResourceProperties('AWS::EC2::VPCCidrBlock', { AmazonProvidedIpv6CidrBlock: true });
    const routes = Object.values(resourcesOf(exclusive, 'AWS::EC2::Route')).map(
      ({ Properties }) => Properties.DestinationCidrBlock ?? Properties.DestinationIpv6CidrBlock,
    );
    expect(routes.sort()).toEqual(['0.0.0.0/0', '0.0.0.0/0', '::/0', '::/0']);
  });

  it('logs the packets that its security groups drop', () => {
    expect(onlyOne(exclusive, 'AWS::EC2::FlowLog')).toMatchObject({
      TrafficType: 'REJECT',
      ResourceId: `<${PATH}>`,
      LogGroupName: `<${PATH}RejectedPackets>`,
    });
  });
});

describe('an existing VPC', () => {
  it('is looked up during the deployment, and gets only the resources of the ingress', () => {
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

  it('causes new resources if it changes, because none can move to another VPC', () => {
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
  it('gets alias records of both address families in the given hosted zone', () => {
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

  it('is left to the operator without a hosted zone, with the name to point to as an output', () => {
    exclusive.resourceCountIs('AWS::Route53::RecordSet', 0);
    expect(outputsOf(exclusive)).toMatchObject({ LoadBalancerDnsName: `<${PATH}LoadBalancer.DNSName>` });
  });
});

test('the outputs are those of the API Gateway ingress and two more, and the URL has the same path', () => {
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

describe('switching between the ingresses', () => {
  const regional = synthesize();
  const idsOf = (template: typeof exclusive, type: string) => Object.keys(template.findResources(type));

  it.each([
    ['the web ACL, whose name can exist only once', 'AWS::WAFv2::WebACL'],
    ['the log of blocked requests', 'AWS::WAFv2::LoggingConfiguration'],
    ['the IP sets with their entries', 'Custom::IntercomAllowlistIpSet'],
    ['the client secret', 'AWS::SecretsManager::Secret'],
    ['the event bus', 'AWS::Events::EventBus'],
    ['the state table', 'AWS::DynamoDB::Table'],
  ])('keeps %s', (_name, type) => {
    expect(idsOf(exclusive, type)).toEqual(idsOf(regional, type));
    expect(idsOf(exclusive, type)).not.toEqual([]);
  });

  it.each([
    ['the web ACL, whose name can exist only once', 'AWS::WAFv2::WebACL'],
    ['the log of blocked requests', 'AWS::WAFv2::LoggingConfiguration'],
    ['the IP sets with their entries', 'Custom::IntercomAllowlistIpSet'],
  ])('to existing endpoints keeps %s', (_name, type) => {
    const stage = 'arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/prod';
    const existing = synthesize({ ingress: 'none', webAclAssociations: stage });
    expect(idsOf(existing, type)).toEqual(idsOf(regional, type));
    expect(idsOf(existing, type)).not.toEqual([]);
  });

  it('creates a new API, because a private API that became regional would be open for a while', () => {
    const ids = [...idsOf(exclusive, 'AWS::ApiGateway::RestApi'), ...idsOf(regional, 'AWS::ApiGateway::RestApi')];
    expect(new Set(ids).size).toBe(2);
  });
});

test('a template contains no IP addresses other than those of its VPC, its routes and a placeholder', () => {
  expect(new Set(addressesIn(exclusive.toJSON()))).toEqual(
    new Set(['10.0.0.0/24', '10.0.0.0/25', '10.0.0.128/25', '0.0.0.0/0', '::/0', '255.255.255.255/32']),
  );
  expect(new Set(addressesIn(given.toJSON()))).toEqual(new Set(['255.255.255.255/32']));
});

function outputsOf(template: typeof exclusive): Record<string, string> {
  const outputs = Object.entries(template.findOutputs('*')).map(([name, { Value }]) => [name, readable(Value)]);
  return Object.fromEntries(outputs);
}
