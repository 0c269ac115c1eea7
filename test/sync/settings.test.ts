import { InvalidConfigError } from '../../lambda/shared/errors';
import { readMode, readSettings } from '../../lambda/sync/settings';

const ARN = 'arn:aws:wafv2:eu-west-1:123456789012:regional/ipset/a/1';

/** The least that the stack sets. */
function environment(overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    STACK_NAME: 'IntercomAllowlist',
    REGIONS: 'us,eu,au',
    FEED_BASE_URL: 'https://feeds.example.com/ips',
    STATE_TABLE: 'state',
    PORTS: '443',
    ...overrides,
  };
}

describe('readSettings', () => {
  it('reads what the stack set; a list may be absent', () => {
    expect(readSettings(environment())).toEqual({
      stackName: 'IntercomAllowlist',
      regions: ['us', 'eu', 'au'],
      feedBaseUrl: 'https://feeds.example.com/ips',
      stateTable: 'state',
      ownIpSets: [],
      sharedIpSets: [],
      securityGroups: [],
      ports: [443],
    });
  });

  it('reads every list', () => {
    const lists = { REGIONS: 'eu', OWN_IP_SETS: `${ARN},${ARN}6`, SHARED_IP_SETS: ARN, SECURITY_GROUPS: 'sg-1,sg-2' };
    expect(readSettings(environment({ ...lists, PORTS: '8443,443' }))).toMatchObject({
      regions: ['eu'],
      ownIpSets: [ARN, `${ARN}6`],
      sharedIpSets: [ARN],
      securityGroups: ['sg-1', 'sg-2'],
      ports: [443, 8443],
    });
  });

  it('takes an empty list for none', () => {
    expect(readSettings(environment({ SECURITY_GROUPS: '', OWN_IP_SETS: '' }))).toMatchObject({
      securityGroups: [],
      ownIpSets: [],
    });
  });

  it('ignores what else the environment holds', () => {
    expect(readSettings(environment({ AWS_REGION: 'eu-west-1', PATH: '/bin' }))).toEqual(readSettings(environment()));
  });

  test.each(['STACK_NAME', 'REGIONS', 'FEED_BASE_URL', 'STATE_TABLE', 'PORTS'])('%s must have a value', (key) => {
    const allowed = 'Allowed: a value; deploy the stack again.';
    expect(() => readSettings(environment({ [key]: undefined }))).toThrow(InvalidConfigError);
    expect(() => readSettings(environment({ [key]: undefined }))).toThrow(
      `${key}: undefined is not allowed. ${allowed}`,
    );
    expect(() => readSettings(environment({ [key]: '' }))).toThrow(`${key}: "" is not allowed. ${allowed}`);
  });

  test.each([
    ['an unknown region', { REGIONS: 'us,ca' }, 'REGIONS: "ca" is not allowed. Allowed: us, eu, au.'],
    ['a region in upper case', { REGIONS: 'US' }, 'REGIONS: "US" is not allowed. Allowed: us, eu, au.'],
    ["an object's own word", { REGIONS: 'toString' }, 'REGIONS: "toString" is not allowed. Allowed: us, eu, au.'],
    [
      'a feed in the clear',
      { FEED_BASE_URL: 'http://feeds.example.com' },
      'FEED_BASE_URL: "http://feeds.example.com" is not allowed. Allowed: an https: URL',
    ],
    ['no URL', { FEED_BASE_URL: 'feeds' }, 'FEED_BASE_URL: "feeds" is not allowed. Allowed: an https: URL'],
    ['no port', { PORTS: '0' }, 'PORTS: "0" is not allowed. Allowed: a comma list of TCP ports, 1 to 65535.'],
  ])('%s is refused with key, value and what is allowed', (_rule, overrides, message) => {
    expect(() => readSettings(environment(overrides))).toThrow(InvalidConfigError);
    expect(() => readSettings(environment(overrides))).toThrow(message);
  });
});

describe('readMode', () => {
  test.each([
    ['an empty payload applies', {}, 'apply'],
    ['no payload applies', undefined, 'apply'],
    ['null applies', null, 'apply'],
    ['apply, said in words, applies', { mode: 'apply' }, 'apply'],
    ['plan only plans', { mode: 'plan' }, 'plan'],
  ])('%s', (_rule, payload, mode) => {
    expect(readMode(payload)).toBe(mode);
  });

  // Whoever misspells "plan" must not find that it was applied.
  test.each([
    ['an unknown mode', { mode: 'dry-run' }],
    ['an array', []],
    ['a mode in upper case', { mode: 'PLAN' }],
    ['a mode that is no text', { mode: true }],
    ['null as the mode', { mode: null }],
    ['an unknown key', { Mode: 'plan' }],
    ['an unknown key beside the mode', { mode: 'plan', force: true }],
    ['a text', 'plan'],
    ['an empty text', ''],
    ['a number', 0],
    ['false', false],
    ['a list with a mode', [{ mode: 'plan' }]],
  ])('%s is refused with the payload and what is allowed', (_rule, payload) => {
    expect(() => readMode(payload)).toThrow(InvalidConfigError);
    expect(() => readMode(payload)).toThrow(
      `payload: ${JSON.stringify(payload)} is not allowed. Allowed: {} or {"mode":"plan"}.`,
    );
  });
});
