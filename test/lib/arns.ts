import type { Template } from 'aws-cdk-lib/assertions';

const ACCOUNT = 'us-east-1:111122223333';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::AccountId': '111122223333',
  'AWS::Partition': 'aws',
  'AWS::Region': 'us-east-1',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** What a reference to a resource returns, by type and attribute: `Ref` stands for the reference itself. */
const VALUES: Readonly<Record<string, (id: string) => string>> = {
  'AWS::DynamoDB::Table Arn': (id) => `arn:aws:dynamodb:${ACCOUNT}:table/${id}`,
  'AWS::EC2::SecurityGroup GroupId': () => 'sg-0123456789abcdef0',
  'AWS::EC2::VPC DefaultSecurityGroup': () => 'sg-0123456789abcdef1',
  'AWS::EC2::VPCEndpoint Ref': () => 'vpce-0123456789abcdef0',
  'AWS::ElasticLoadBalancingV2::LoadBalancer Ref': (id) =>
    `arn:aws:elasticloadbalancing:${ACCOUNT}:loadbalancer/app/${id.slice(0, 32)}/0f1e2d3c4b5a6978`,
  'AWS::Events::EventBus Arn': (id) => `arn:aws:events:${ACCOUNT}:event-bus/${id}`,
  'AWS::Events::Rule Arn': (id) => `arn:aws:events:${ACCOUNT}:rule/${id}`,
  'AWS::IAM::Role Arn': (id) => `arn:aws:iam::111122223333:role/${id}`,
  'AWS::Lambda::Function Arn': (id) => `arn:aws:lambda:${ACCOUNT}:function:${id}`,
  'AWS::Logs::LogGroup Arn': (id) => `arn:aws:logs:${ACCOUNT}:log-group:${id}:*`,
  'AWS::S3::Bucket Arn': (id) => `arn:aws:s3:::${id.toLowerCase()}`,
  'AWS::SNS::Topic Ref': (id) => `arn:aws:sns:${ACCOUNT}:${id}`,
  'AWS::SQS::Queue Arn': (id) => `arn:aws:sqs:${ACCOUNT}:${id}`,
  'AWS::SecretsManager::Secret Ref': (id) => `arn:aws:secretsmanager:${ACCOUNT}:secret:${id}-a1b2c3`,
  'AWS::WAFv2::WebACL Arn': (id) =>
    `arn:aws:wafv2:${ACCOUNT}:regional/webacl/${id}/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0`,
  'Custom::IntercomAllowlistIpSet Arn': (id) =>
    `arn:aws:wafv2:${ACCOUNT}:regional/ipset/${id}/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0`,
  'Custom::IntercomAllowlistPrefixList Ref': () => 'pl-0123456789abcdef0',
};

/**
 * A value of a template as AWS sees it after the deployment, with an ARN instead of each reference.
 *
 * @throws Error for an attribute that has no sample value: add it to the list
 */
export function resolve(template: Template, value: unknown): unknown {
  const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
  const sampleOf = (id: string, attribute: string): string => {
    const pseudo = PSEUDO[id];
    if (pseudo) return pseudo;
    const key = `${Resources[id]?.Type} ${attribute}`;
    const sample = VALUES[key];
    // A reference returns a name, where it returns nothing special.
    if (!sample && attribute === 'Ref') return id;
    if (!sample) throw new Error(`No sample value for a reference to ${key}`);
    return sample(id);
  };
  const visit = (inner: unknown): unknown => {
    if (Array.isArray(inner)) return inner.map(visit);
    if (typeof inner !== 'object' || inner === null) return inner;
    const { Ref: id, 'Fn::GetAtt': attribute, 'Fn::Join': join, ...rest } = inner as Record<string, never>;
    if (typeof id === 'string') return sampleOf(id, 'Ref');
    if (attribute) return sampleOf(attribute[0], attribute[1]);
    if (join) return (visit(join[1]) as string[]).join(join[0]);
    return Object.fromEntries(Object.entries(rest).map(([name, one]) => [name, visit(one)]));
  };
  return visit(value);
}
