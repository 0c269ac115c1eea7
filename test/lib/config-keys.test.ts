import type { Config } from '../../lib/config';
import {
  ALB,
  type Context,
  IP_SET_ARNS,
  LOAD_BALANCER_ARN,
  PREFIX_LIST_IDS,
  resourcesOf,
  SECURITY_GROUP_IDS,
  STAGE_ARN,
  synthesize,
} from './template';

const NAMED_GROUPS: Context = { securityGroupIds: SECURITY_GROUP_IDS };
const LISTS: Context = { prefixLists: 'create' };

/** A value of each key other than its default, and a context in which the key applies. */
const KEYS = {
  stackName: ['Other-1', {}],
  intercomRegions: ['eu', {}],
  extraRanges: ['8.8.8.8', {}],
  feedBaseUrl: ['https://feeds.example.com', {}],
  ingress: ['none', {}],
  domainName: ['other.example.com', ALB],
  certificateArn: ['arn:aws:acm:eu-west-1:111122223333:certificate/1f1e2d3c', ALB],
  vpcId: ['vpc-0123456789abcdef0', ALB],
  hostedZoneId: ['Z0123456789ABCDEFGHIJ', ALB],
  webAclAssociations: [[STAGE_ARN, LOAD_BALANCER_ARN], {}],
  webAclMode: ['count', {}],
  cloudFrontIpSets: ['create', {}],
  webAclRuleGroup: ['create', {}],
  securityGroupIds: [SECURITY_GROUP_IDS, {}],
  ipSetArns: [IP_SET_ARNS, {}],
  prefixListIds: [PREFIX_LIST_IDS, {}],
  prefixLists: ['create', {}],
  prefixListMaxEntries: [40, LISTS],
  shareWith: ['111122223333', LISTS],
  ports: ['8443', NAMED_GROUPS],
  removalGraceHours: [48, {}],
  maxRemovalShare: [0.25, {}],
  rulesPerSecurityGroup: [200, {}],
  alarmEmail: ['alarms@example.com', {}],
  changeEmail: ['changes@example.com', {}],
  changeFormat: ['chat', {}],
  logRetentionDays: [731, {}],
} as const satisfies { readonly [K in keyof Config]-?: readonly [value: unknown, context: Context] };

describe('every configuration key changes the template', () => {
  test.each(Object.entries(KEYS))('%s', (key, [value, context]) => {
    expect(synthesize({ ...context, [key]: value }).toJSON()).not.toEqual(synthesize(context).toJSON());
  });
});

test('extraRanges reach the run on schedules and the run in a deployment', () => {
  const functions = resourcesOf(synthesize({ extraRanges: ['8.8.8.8', '8.8.4.0/24'] }), 'AWS::Lambda::Function');
  for (const name of ['SyncFunction', 'SyncAfterDeployFunction'])
    expect(functions[name]?.Properties.Environment.Variables.EXTRA_RANGES).toBe('8.8.8.8/32,8.8.4.0/24');
});
