import cdkJson from '../../cdk.json';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { type Config, readConfig } from '../../lib/config';

const DEFAULTS: Config = {
  stackName: 'IntercomAllowlist',
  regions: ['us', 'eu', 'au'],
  feedBaseUrl: 'https://static.intercomcdn.com/intercom-ips',
  edge: 'regional',
  securityGroupIds: [],
  ipSetArns: [],
  ports: [443],
};

const ipSetArn = (name: string) => `arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/${name}/0f1e2d3c-4b5a`;

test('without any key of ours every value is its default', () => {
  expect(readConfig({})).toEqual(DEFAULTS);
});

describe('a good value is taken, as text or as cdk.json may spell it', () => {
  test.each<[key: keyof Config, given: unknown, expected: unknown]>([
    ['stackName', 'Webhooks-2', 'Webhooks-2'],
    ['stackName', 'a'.repeat(100), 'a'.repeat(100)],
    ['regions', 'us', ['us']],
    ['regions', 'eu,us', ['eu', 'us']],
    ['regions', ' eu , us ', ['eu', 'us']],
    ['regions', 'eu,eu', ['eu']],
    ['regions', ['eu', 'au'], ['eu', 'au']],
    ['feedBaseUrl', 'https://feeds.example.com/intercom/', 'https://feeds.example.com/intercom'],
    ['feedBaseUrl', 'http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['feedBaseUrl', 'http://localhost:8080/feeds', 'http://localhost:8080/feeds'],
    ['feedBaseUrl', 'http://[::1]:8080/feeds', 'http://[::1]:8080/feeds'],
    ['edge', 'regional', 'regional'],
    ['securityGroupIds', 'sg-12345678', ['sg-12345678']],
    ['securityGroupIds', 'sg-12345678,sg-0123456789abcdef0', ['sg-12345678', 'sg-0123456789abcdef0']],
    ['securityGroupIds', ['sg-12345678'], ['sg-12345678']],
    ['ipSetArns', ipSetArn('office'), [ipSetArn('office')]],
    ['ipSetArns', [ipSetArn('office'), ipSetArn('lab_2')], [ipSetArn('office'), ipSetArn('lab_2')]],
    ['ports', '443', [443]],
    ['ports', 8443, [8443]],
    ['ports', '8443, 443,443', [443, 8443]],
    ['ports', [443, '8443'], [443, 8443]],
    ['ports', '1,65535', [1, 65535]],
  ])('%s %j', (key, given, expected) => {
    expect(readConfig({ [key]: given })).toEqual({ ...DEFAULTS, [key]: expected });
  });

  test.each(['securityGroupIds', 'ipSetArns'])('%s as an empty array is its default, none', (key) => {
    expect(readConfig({ [key]: [] })).toEqual(DEFAULTS);
  });
});

describe('a bad value stops with the key, the value received and what is allowed', () => {
  const text = 'a text, a number or a list';
  const regions = 'a comma list of us, eu, au';
  const url = 'an https: URL (http: only to a loopback host), without credentials, query or fragment';
  const group = 'a comma list of security group ids, sg-...';
  const arns = 'the ARN of a regional WAF IP set';
  const ports = 'a comma list of TCP ports, 1 to 65535';
  const name = 'a letter, then letters, digits and hyphens, at most 100';

  test.each<[key: string, given: unknown, shown: unknown, allowed: string]>([
    ['stackName', '', '', name],
    ['stackName', '2nd', '2nd', name],
    ['stackName', 'a_b', 'a_b', name],
    ['stackName', 'two\nlines', 'two\nlines', name],
    ['stackName', 'a'.repeat(101), 'a'.repeat(101), name],
    ['regions', 'mars', 'mars', regions],
    ['regions', 'us,mars', 'mars', regions],
    ['regions', ['US'], 'US', regions],
    ['regions', 'eu-west-1', 'eu-west-1', regions],
    ['regions', 'us,', '', regions],
    ['regions', '', '', regions],
    ['regions', [], '', regions],
    ['regions', { us: true }, { us: true }, text],
    ['regions', null, null, text],
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
    ['edge', 'cloudfront', 'cloudfront', 'regional'],
    ['edge', true, true, text],
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
    ['ports', '0', '0', ports],
    ['ports', 0, '0', ports],
    ['ports', '65536', '65536', ports],
    ['ports', '443,65536', '443,65536', ports],
    ['ports', 'abc', 'abc', ports],
    ['ports', '-1', '-1', ports],
    ['ports', '443-450', '443-450', ports],
    ['ports', 44.3, '44.3', ports],
    ['ports', '', '', ports],
  ])('%s %j', (key, given, shown, allowed) => {
    const read = () => readConfig({ [key]: given });
    expect(read).toThrow(InvalidConfigError);
    expect(read).toThrow(
      expect.objectContaining({ message: `${key}: ${JSON.stringify(shown)} is not allowed. Allowed: ${allowed}.` }),
    );
  });
});

describe('keys', () => {
  test.each(['region', 'Regions', 'securityGroupsIds', 'account', 'toString', 'constructor'])(
    'one that is not ours, such as %s, stops with all that are',
    (key) => {
      expect(() => readConfig({ [key]: 'us' })).toThrow(
        new InvalidConfigError(
          `context key ${key}`,
          'us',
          'the keys stackName, regions, feedBaseUrl, edge, securityGroupIds, ipSetArns, ports',
        ),
      );
    },
  );

  test.each([
    '@aws-cdk/core:newStyleStackSynthesis',
    'aws-cdk:enableDiffNoFail',
    'aws:cdk:bundling-stacks',
    'availability-zones:account=111122223333:region=eu-west-1',
    'hosted-zone/example.com',
  ])("CDK's own pass: %s", (key) => {
    expect(readConfig({ [key]: 'anything' })).toEqual(DEFAULTS);
  });

  test.each([
    ['acknowledged-issue-numbers', [34892]], // by `cdk acknowledge`
    ['cli-telemetry', false], // by `cdk cli-telemetry --disable`
  ])('what the CDK command line writes into cdk.context.json by itself passes: %s', (key, value) => {
    expect(readConfig({ [key]: value })).toEqual(DEFAULTS);
  });

  test('all of cdk.json pass', () => {
    expect(readConfig(cdkJson.context)).toEqual(DEFAULTS);
  });
});
