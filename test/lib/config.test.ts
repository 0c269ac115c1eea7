import cdkJson from '../../cdk.json';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { ChangeFormat } from '../../lib/change-format';
import { type Config, readConfig } from '../../lib/config';
import { WebAclMode } from '../../lib/ingress/web-acl';
import { IntercomRegion } from '../../lib/intercom-region';
import { ALB, LOAD_BALANCER_ARN, STAGE_ARN } from './template';

const DEFAULTS: Config = {
  stackName: 'IntercomAllowlist',
  intercomRegions: [IntercomRegion.US, IntercomRegion.EU, IntercomRegion.AU],
  extraRanges: [],
  feedBaseUrl: 'https://static.intercomcdn.com/intercom-ips',
  ingress: 'api-gateway',
  webAclAssociations: [],
  webAclMode: WebAclMode.BLOCK,
  webAclRuleGroup: 'none',
  cloudFrontIpSets: 'none',
  securityGroupIds: [],
  ipSetArns: [],
  prefixListIds: [],
  prefixLists: 'none',
  prefixListMaxEntries: 30,
  shareWith: [],
  ports: [443],
  removalGraceHours: 24,
  maxRemovalShare: 0.5,
  rulesPerSecurityGroup: 60,
  changeFormat: ChangeFormat.TEXT,
  logRetentionDays: 400,
};

/** What a key needs to have an effect, apart from the defaults. */
const NEEDED: Partial<Record<keyof Config, Partial<Config>>> = {
  ports: { securityGroupIds: ['sg-12345678'] },
  prefixListMaxEntries: { prefixLists: 'create' },
};

const ipSetArn = (name: string) => `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/${name}/0f1e2d3c-4b5a`;

const GLOBAL_IP_SET = ipSetArn('cdn').replace('eu-west-1', 'us-east-1').replace('regional', 'global');

test('a context without any key of the app gives the defaults', () => {
  expect(readConfig({})).toEqual(DEFAULTS);
});

describe('a valid value is accepted, as text or in a form that cdk.json allows', () => {
  test.each<[key: keyof Config, given: unknown, expected: unknown]>([
    ['stackName', 'Webhooks-2', 'Webhooks-2'],
    ['stackName', 'a'.repeat(93), 'a'.repeat(93)],
    ['stackName', 'webhooks-of-aws', 'webhooks-of-aws'],
    ['intercomRegions', 'us', ['us']],
    ['intercomRegions', 'eu,us', ['eu', 'us']],
    ['intercomRegions', ' eu , us ', ['eu', 'us']],
    ['intercomRegions', 'eu,eu', ['eu']],
    ['intercomRegions', ['eu', 'au'], ['eu', 'au']],
    ['feedBaseUrl', 'https://feeds.example.com/intercom/', 'https://feeds.example.com/intercom'],
    ['feedBaseUrl', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['extraRanges', '8.8.8.8, 8.8.4.0/24', ['8.8.8.8/32', '8.8.4.0/24']],
    ['extraRanges', '8.8.0.0/20,8.8.16.0/20', ['8.8.0.0/20', '8.8.16.0/20']],
    ['extraRanges', ['8.8.8.8'], ['8.8.8.8/32']],
    ['extraRanges', '', []],
    ['feedBaseUrl', 'http://localhost:8080/feeds', 'http://localhost:8080/feeds'],
    ['feedBaseUrl', 'http://[::1]:8080/feeds', 'http://[::1]:8080/feeds'],
    ['ingress', 'api-gateway', 'api-gateway'],
    ['ingress', 'none', 'none'],
    ['webAclAssociations', STAGE_ARN, [STAGE_ARN]],
    ['webAclAssociations', [LOAD_BALANCER_ARN], [LOAD_BALANCER_ARN]],
    ['webAclMode', 'count', 'count'],
    ['webAclRuleGroup', 'create', 'create'],
    ['cloudFrontIpSets', 'create', 'create'],
    ['ipSetArns', GLOBAL_IP_SET, [GLOBAL_IP_SET]],
    ['securityGroupIds', 'sg-12345678', ['sg-12345678']],
    ['securityGroupIds', 'sg-12345678,sg-0123456789abcdef0', ['sg-12345678', 'sg-0123456789abcdef0']],
    ['securityGroupIds', ['sg-12345678'], ['sg-12345678']],
    ['ipSetArns', ipSetArn('office'), [ipSetArn('office')]],
    ['ipSetArns', [ipSetArn('office'), ipSetArn('lab_2')], [ipSetArn('office'), ipSetArn('lab_2')]],
    ['prefixListIds', 'pl-12345678', ['pl-12345678']],
    ['prefixListIds', ['pl-12345678', 'pl-0123456789abcdef0'], ['pl-12345678', 'pl-0123456789abcdef0']],
    ['prefixLists', 'create', 'create'],
    ['prefixListMaxEntries', 1, 1],
    ['prefixListMaxEntries', '1000', 1000],
    ['ports', '443', [443]],
    ['ports', 8443, [8443]],
    ['ports', '8443, 443,443', [443, 8443]],
    ['ports', [443, '8443'], [443, 8443]],
    ['ports', '1,65535', [1, 65535]],
    ['removalGraceHours', '0', 0],
    ['removalGraceHours', 48, 48],
    ['removalGraceHours', '720', 720],
    ['maxRemovalShare', '0', 0],
    ['maxRemovalShare', 0.25, 0.25],
    ['maxRemovalShare', '1', 1],
    ['rulesPerSecurityGroup', 200, 200],
    ['alarmEmail', 'ops@example.com', 'ops@example.com'],
    ['changeEmail', 'ops+intercom.changes@mail.example.co.uk', 'ops+intercom.changes@mail.example.co.uk'],
    ['changeFormat', 'chat', 'chat'],
    ['logRetentionDays', '3653', 3653],
    ['logRetentionDays', 30, 30],
  ])('%s %j', (key, given, expected) => {
    const needed = NEEDED[key] ?? {};
    expect(readConfig({ ...needed, [key]: given })).toEqual({ ...DEFAULTS, ...needed, [key]: expected });
  });

  test.each(['securityGroupIds', 'ipSetArns', 'prefixListIds'])(
    '%s accepts an empty array, which is its default',
    (key) => {
      expect(readConfig({ [key]: [] })).toEqual(DEFAULTS);
    },
  );
});

describe('an invalid value stops synthesis with the key, the value and the allowed values', () => {
  const text = 'a string, a number or a list';
  const intercomRegions = 'a comma-separated list of us, eu, au';
  const url = 'an https: URL (http: only to a loopback host), without credentials, query or fragment';
  const group = 'a comma-separated list of security group ids, sg-...';
  const arns = 'the ARN of a regional WAF IP set, or of a global one in us-east-1';
  const extra = 'a comma-separated list of globally routable addresses and CIDRs, at most /20 (IPv4) or /40 (IPv6)';
  const associations = 'a comma-separated list of ARNs of REST API stages and Application Load Balancers';
  const principals =
    'a comma-separated list of account ids (12 digits) and ARNs of an organization or organizational unit';
  const ports = 'a comma-separated list of TCP ports, 1 to 65535';
  const hours = 'a number from 0 to 720';
  const share = 'a number from 0 to 1';
  const retention =
    '1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 days';
  const rules = 'a whole number from 1 to 1000';
  const name =
    'a letter, then letters, digits and hyphens, at most 93 characters because other names are made from it, and not starting with ' +
    'aws or ssm, which AWS reserves';

  test.each<[key: string, given: unknown, shown: unknown, allowed: string]>([
    ['stackName', '', '', name],
    ['stackName', '2nd', '2nd', name],
    ['stackName', 'a_b', 'a_b', name],
    ['stackName', 'two\nlines', 'two\nlines', name],
    ['stackName', 'a'.repeat(94), 'a'.repeat(94), name],
    ['stackName', 'aws-webhooks', 'aws-webhooks', name],
    ['stackName', 'AWSWebhooks', 'AWSWebhooks', name],
    ['stackName', 'Ssm', 'Ssm', name],
    ['intercomRegions', 'mars', 'mars', intercomRegions],
    ['intercomRegions', 'us,mars', 'mars', intercomRegions],
    ['intercomRegions', ['US'], 'US', intercomRegions],
    ['intercomRegions', 'eu-west-1', 'eu-west-1', intercomRegions],
    ['intercomRegions', 'us,', '', intercomRegions],
    ['intercomRegions', '', '', intercomRegions],
    ['intercomRegions', [], '', intercomRegions],
    ['intercomRegions', { us: true }, { us: true }, text],
    ['intercomRegions', null, null, text],
    ['feedBaseUrl', 'static.intercomcdn.com', 'static.intercomcdn.com', url],
    ['feedBaseUrl', 'http://static.intercomcdn.com', 'http://static.intercomcdn.com', url],
    ['feedBaseUrl', 'http://127.0.0.1.example.com', 'http://127.0.0.1.example.com', url],
    ['feedBaseUrl', 'http://localhost.example.com', 'http://localhost.example.com', url],
    ['feedBaseUrl', 'ftp://127.0.0.1/feeds', 'ftp://127.0.0.1/feeds', url],
    ['feedBaseUrl', 'file:///etc', 'file:///etc', url],
    ['feedBaseUrl', 'https://me@example.com', 'https://me@example.com', url],
    ['feedBaseUrl', 'https://me:pw@example.com', 'https://me:pw@example.com', url],
    ['feedBaseUrl', 'https://example.com/?a=1', 'https://example.com/?a=1', url],
    ['feedBaseUrl', 'https://example.com/#a', 'https://example.com/#a', url],
    ['ingress', 'cloudfront', 'cloudfront', 'api-gateway, alb, none'],
    ['extraRanges', '0.0.0.0/0', '0.0.0.0/0', `${extra}. Rejected: would allow every address`],
    ['extraRanges', '8.8.8.8,10.0.0.1', '10.0.0.1', `${extra}. Rejected: not globally routable (private)`],
    ['extraRanges', '8.0.0.0/12', '8.0.0.0/12', `${extra}. Rejected: wider than /20`],
    ['extraRanges', 'office', 'office', extra],
    ['ingress', true, true, text],
    ['webAclAssociations', 'live', 'live', associations],
    ['webAclAssociations', `${STAGE_ARN}/x`, `${STAGE_ARN}/x`, associations],
    [
      'webAclAssociations',
      LOAD_BALANCER_ARN.replace('/app/', '/net/'),
      LOAD_BALANCER_ARN.replace('/app/', '/net/'),
      associations,
    ],
    ['webAclMode', 'off', 'off', 'block, count'],
    ['webAclRuleGroup', 'yes', 'yes', 'none, create'],
    ['shareWith', '11112222333', '11112222333', principals],
    ['shareWith', 'o-a1b2c3d4e5', 'o-a1b2c3d4e5', principals],
    ['securityGroupIds', 'vpc-12345678', 'vpc-12345678', group],
    ['securityGroupIds', 'sg-1234567', 'sg-1234567', group],
    ['securityGroupIds', 'sg-0123456789abcdef01', 'sg-0123456789abcdef01', group],
    ['securityGroupIds', 'sg-12345678,*', '*', group],
    ['securityGroupIds', ['sg-1234567*'], 'sg-1234567*', group],
    ['ipSetArns', 'office', 'office', arns],
    ['ipSetArns', ipSetArn('*'), ipSetArn('*'), arns],
    [
      'ipSetArns',
      ipSetArn('office').replace('regional', 'global'),
      ipSetArn('office').replace('regional', 'global'),
      arns,
    ],
    [
      'ipSetArns',
      ipSetArn('office').replace('111122223333', '1'),
      ipSetArn('office').replace('111122223333', '1'),
      arns,
    ],
    [
      'ipSetArns',
      ipSetArn('office').replace('/ipset/', '/webacl/'),
      ipSetArn('office').replace('/ipset/', '/webacl/'),
      arns,
    ],
    ['prefixListIds', 'sg-12345678', 'sg-12345678', 'a comma-separated list of prefix list ids, pl-...'],
    ['prefixListIds', 'pl-1234567*', 'pl-1234567*', 'a comma-separated list of prefix list ids, pl-...'],
    ['prefixLists', 'true', 'true', 'none, create, create-and-reference'],
    [
      'prefixLists',
      'create-and-reference',
      'create-and-reference',
      'none, create; create-and-reference only with ingress=alb',
    ],
    ['prefixListMaxEntries', 0, '0', 'a whole number from 1 to 1000'],
    ['prefixListMaxEntries', 1001, '1001', 'a whole number from 1 to 1000'],
    ['prefixListMaxEntries', 30.5, '30.5', 'a whole number from 1 to 1000'],
    ['ports', '0', '0', ports],
    ['ports', 0, '0', ports],
    ['ports', '65536', '65536', ports],
    ['ports', '443,65536', '443,65536', ports],
    ['ports', 'abc', 'abc', ports],
    ['ports', '-1', '-1', ports],
    ['ports', '443-450', '443-450', ports],
    ['ports', 44.3, '44.3', ports],
    ['ports', '', '', ports],
    ['removalGraceHours', '-1', '-1', hours],
    ['removalGraceHours', 721, '721', hours],
    ['removalGraceHours', '1e2', '1e2', hours],
    ['removalGraceHours', '', '', hours],
    ['maxRemovalShare', '1.01', '1.01', share],
    ['maxRemovalShare', '50%', '50%', share],
    ['maxRemovalShare', '.5', '.5', share],
    ['rulesPerSecurityGroup', '0', '0', rules],
    ['rulesPerSecurityGroup', 60.5, '60.5', rules],
    ['rulesPerSecurityGroup', 1001, '1001', rules],
    ['alarmEmail', 'ops', 'ops', 'an email address'],
    ['alarmEmail', 'a@example.com,b@example.com', 'a@example.com,b@example.com', 'an email address'],
    ['changeEmail', 'ops@example', 'ops@example', 'an email address'],
    ['changeEmail', 'ops@.example.com', 'ops@.example.com', 'an email address'],
    ['changeEmail', 'o..ps@example.com', 'o..ps@example.com', 'an email address'],
    ['changeEmail', 'jürgen@example.com', 'jürgen@example.com', 'an email address'],
    ['changeEmail', '"ops" <ops@example.com>', '"ops" <ops@example.com>', 'an email address'],
    ['changeFormat', 'slack', 'slack', 'text, chat'],
    ['logRetentionDays', '366', '366', retention],
    ['logRetentionDays', 'forever', 'forever', retention],
  ])('%s %j', (key, given, shown, allowed) => {
    const read = () => readConfig({ [key]: given });
    expect(read).toThrow(InvalidConfigError);
    expect(read).toThrow(
      expect.objectContaining({ message: `${key}: ${JSON.stringify(shown)} is not allowed. Allowed: ${allowed}.` }),
    );
  });
});

describe('a key without effect in the combination stops synthesis, and the message names what it needs', () => {
  const group = { ingress: 'none', securityGroupIds: 'sg-12345678' };
  const exclusive =
    'an ingress, webAclAssociations, webAclRuleGroup=create, cloudFrontIpSets=create or prefixLists=create';

  test.each<[key: string, value: unknown, context: Record<string, string>, shown: unknown, needs: string]>([
    ['shareWith', '111122223333', {}, ['111122223333'], 'prefixLists=create'],
    ['shareWith', '111122223333', { prefixLists: 'none' }, ['111122223333'], 'prefixLists=create'],
    ['prefixListMaxEntries', '40', {}, 40, 'prefixLists=create'],
    ['webAclMode', 'count', { ingress: 'none' }, 'count', 'an ingress or webAclAssociations'],
    [
      'webAclMode',
      'count',
      { ingress: 'none', webAclRuleGroup: 'create' },
      'count',
      'an ingress or webAclAssociations',
    ],
    ['ports', '8443', {}, [8443], 'securityGroupIds'],
    ['ports', '8443', { securityGroupIds: '' }, [8443], 'securityGroupIds'],
    ['ports', '8443', ALB as Record<string, string>, [8443], 'securityGroupIds'],
    ['extraRanges', '8.8.8.8', { ingress: 'none' }, ['8.8.8.8/32'], exclusive],
    ['extraRanges', '8.8.8.8', group, ['8.8.8.8/32'], exclusive],
    ['extraRanges', '8.8.8.8', { ingress: 'none', ipSetArns: GLOBAL_IP_SET }, ['8.8.8.8/32'], exclusive],
  ])('%s=%s with %j', (key, value, context, shown, needs) => {
    expect(() => readConfig({ ...context, [key]: value })).toThrow(
      new InvalidConfigError(key, shown, `only with ${needs}`),
    );
  });

  test.each<[key: keyof Config, value: unknown, context: Record<string, string>]>([
    ['shareWith', '111122223333', { prefixLists: 'create' }],
    ['shareWith', '', {}],
    ['prefixListMaxEntries', '40', { prefixLists: 'create' }],
    ['prefixListMaxEntries', '40', { ...ALB, prefixLists: 'create-and-reference' }],
    ['webAclMode', 'count', {}],
    ['webAclMode', 'count', ALB as Record<string, string>],
    ['webAclMode', 'count', { ingress: 'none', webAclAssociations: STAGE_ARN }],
    ['ports', '8443', group],
    ['ports', '443', {}],
    ['prefixListMaxEntries', '30', {}],
    ['webAclMode', 'block', { ingress: 'none' }],
    ['extraRanges', '8.8.8.8', {}],
    ['extraRanges', '', group],
    ['extraRanges', '8.8.8.8', { ingress: 'none', webAclAssociations: STAGE_ARN }],
    ['extraRanges', '8.8.8.8', { ingress: 'none', webAclRuleGroup: 'create' }],
    ['extraRanges', '8.8.8.8', { ingress: 'none', cloudFrontIpSets: 'create' }],
    ['extraRanges', '8.8.8.8', { ingress: 'none', prefixLists: 'create' }],
  ])('%s=%s with %j is accepted', (key, value, context) => {
    expect(() => readConfig({ ...context, [key]: value })).not.toThrow();
  });

  test.each<[key: string, value: string]>([
    ['rulesPerSecurityGroup', '200'],
    ['removalGraceHours', '48'],
    ['maxRemovalShare', '0.25'],
  ])('%s=%s is accepted without any named target: it applies to tagged ones', (key, value) => {
    expect(() => readConfig({ ingress: 'none', [key]: value })).not.toThrow();
  });
});

describe('the ALB ingress', () => {
  const arn = ALB.certificateArn as string;

  test('accepts its keys', () => {
    const keys = { ...ALB, vpcId: 'vpc-12345678', hostedZoneId: 'Z0123456789ABC', prefixLists: 'create-and-reference' };
    expect(readConfig(keys)).toEqual({ ...DEFAULTS, ...keys });
  });

  const hostName = (length: number) => `${'a'.repeat(63)}.${'b'.repeat(length - 67)}.io`;

  test.each(['hooks.example.com', 'a.io', 'xn--bcher-kva.example', 'a-b.c-d.example.museum', hostName(128)])(
    'domainName %s',
    (domainName) => {
      expect(readConfig({ ...ALB, domainName })).toMatchObject({ domainName });
    },
  );

  test('says how long a domainName can be', () => {
    expect(() => readConfig({ ...ALB, domainName: hostName(129) })).toThrow(/at most 128 characters/);
  });

  test.each([
    [60, undefined],
    [100, 100],
  ])('accepts prefix lists of %i entries in a security group of as many rules', (prefixListMaxEntries, quota) => {
    const keys = { ...ALB, prefixLists: 'create-and-reference', prefixListMaxEntries };
    const context = quota === undefined ? keys : { ...keys, rulesPerSecurityGroup: quota };
    expect(readConfig(context)).toMatchObject({ prefixListMaxEntries });
  });

  test('stops synthesis if a prefix list takes more rules than the security group that references it has', () => {
    const keys = { ...ALB, prefixListMaxEntries: 61 };
    expect(() => readConfig({ ...keys, prefixLists: 'create-and-reference' })).toThrow(
      'prefixListMaxEntries: 61 is not allowed. Allowed: at most 60 with prefixLists=create-and-reference, because',
    );
    expect(readConfig({ ...keys, prefixLists: 'create' })).toMatchObject({ prefixListMaxEntries: 61 });
  });

  test.each(['domainName', 'certificateArn'])('stops synthesis if %s is missing', (key) => {
    const others = Object.fromEntries(Object.entries(ALB).filter(([other]) => other !== key));
    expect(() => readConfig(others)).toThrow(
      `${key}: undefined is not allowed. Allowed: a value, because ingress=alb needs it.`,
    );
  });

  test.each([
    ['domainName', 'hooks.example.com'],
    ['certificateArn', arn],
    ['vpcId', 'vpc-12345678'],
    ['hostedZoneId', 'Z0123456789ABC'],
  ])('%s stops synthesis with another ingress, where it has no effect', (key, value) => {
    expect(() => readConfig({ [key]: value })).toThrow(
      `${key}: ${JSON.stringify(value)} is not allowed. Allowed: only with ingress=alb.`,
    );
  });

  test.each([
    ['domainName', 'https://hooks.example.com'],
    ['domainName', 'hooks.example.com/live'],
    ['domainName', 'Hooks.example.com'],
    ['domainName', 'example'],
    ['domainName', '*.example.com'],
    ['domainName', '-a.example.com'],
    ['domainName', '192.0.2.1'],
    ['domainName', hostName(129)],
    ['certificateArn', 'hooks.example.com'],
    ['certificateArn', arn.replace(':acm:', ':iam:')],
    ['certificateArn', arn.replace('111122223333', '')],
    ['certificateArn', arn.replace(/[^/]*$/, '*')],
    ['vpcId', 'subnet-12345678'],
    ['vpcId', 'vpc-12345678,vpc-12345679'],
    ['hostedZoneId', 'example.com'],
    ['hostedZoneId', '/hostedzone/Z0123456789ABC'],
  ])('%s %j stops', (key, value) => {
    expect(() => readConfig({ ...ALB, [key]: value })).toThrow(InvalidConfigError);
    expect(() => readConfig({ ...ALB, [key]: value })).toThrow(`${key}: ${JSON.stringify(value)} is not allowed.`);
  });
});

describe('context keys', () => {
  test.each(['region', 'Regions', 'securityGroupsIds', 'account', 'toString', 'constructor'])(
    'an unknown key such as %s stops synthesis with a list of all keys',
    (key) => {
      expect(() => readConfig({ [key]: 'us' })).toThrow(
        new InvalidConfigError(
          `context key ${key}`,
          'us',
          'the keys stackName, intercomRegions, feedBaseUrl, extraRanges, ingress, domainName, certificateArn, vpcId, hostedZoneId, ' +
            'webAclAssociations, webAclMode, webAclRuleGroup, cloudFrontIpSets, securityGroupIds, ipSetArns, prefixListIds, prefixLists, ' +
            'prefixListMaxEntries, shareWith, ports, removalGraceHours, ' +
            'maxRemovalShare, rulesPerSecurityGroup, alarmEmail, changeEmail, changeFormat, logRetentionDays',
        ),
      );
    },
  );

  test.each([
    ['regions', 'eu', 'context key regions: "eu" is not allowed. Allowed: intercomRegions=eu, which replaces it.'],
    [
      'regions',
      ['eu', 'au'],
      'context key regions: ["eu","au"] is not allowed. Allowed: intercomRegions=eu,au, which replaces it.',
    ],
    ['edge', 'alb', 'context key edge: "alb" is not allowed. Allowed: ingress=alb, which replaces it.'],
    [
      'edge',
      'regional',
      'context key edge: "regional" is not allowed. Allowed: ingress=api-gateway, which replaces it.',
    ],
    ['ingress', 'regional', 'ingress: "regional" is not allowed. Allowed: api-gateway, which replaces it.'],
    ['prefixLists', 'make', 'prefixLists: "make" is not allowed. Allowed: create, which replaces it.'],
    ['prefixLists', 'refer', 'prefixLists: "refer" is not allowed. Allowed: create-and-reference, which replaces it.'],
  ])('an earlier name stops with the one that took its place: %s=%s', (key, value, message) => {
    expect(() => readConfig({ [key]: value })).toThrow(
      expect.objectContaining({ name: 'InvalidConfigError', message }),
    );
  });

  test.each([
    '@aws-cdk/core:newStyleStackSynthesis',
    'aws-cdk:enableDiffNoFail',
    'aws:cdk:enable-asset-metadata',
    'availability-zones:account=111122223333:region=eu-west-1',
    'hosted-zone/example.com',
  ])("the CDK's own key %s is ignored", (key) => {
    expect(readConfig({ [key]: 'anything' })).toEqual(DEFAULTS);
  });

  test.each([
    ['acknowledged-issue-numbers', [34892]], // by `cdk acknowledge`
    ['cli-telemetry', false], // by `cdk cli-telemetry --disable`
  ])('the key %s, which the CDK command line writes into cdk.context.json, is ignored', (key, value) => {
    expect(readConfig({ [key]: value })).toEqual(DEFAULTS);
  });

  test('every key in cdk.json is valid', () => {
    expect(readConfig(cdkJson.context)).toEqual(DEFAULTS);
  });
});
