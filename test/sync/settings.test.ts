import { formatRange } from '../../lambda/core/ranges/range';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { readRequest, readSettings } from '../../lambda/sync/settings';

/** The variables that the stack always sets. */
function environment(overrides: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    OWNER: 'IntercomAllowlist',
    INTERCOM_REGIONS: 'us,eu,au',
    FEED_BASE_URL: 'https://feeds.example.com/ips',
    STATE_TABLE: 'state',
    TARGETS: '[]',
    GUARDS: '[]',
    REMOVAL_GRACE_HOURS: '24',
    MAX_REMOVAL_SHARE: '0.5',
    RULES_PER_SECURITY_GROUP: '60',
    ...overrides,
  };
}

describe('readSettings', () => {
  it('reads the settings of the stack', () => {
    expect(readSettings(environment())).toEqual({
      owner: 'IntercomAllowlist',
      intercomRegions: ['us', 'eu', 'au'],
      extraRanges: [],
      feedBaseUrl: 'https://feeds.example.com/ips',
      stateTable: 'state',
      targets: [],
      guards: [],
      removalGraceHours: 24,
      maxRemovalShare: 0.5,
      rulesPerSecurityGroup: 60,
      changes: undefined,
    });
  });

  it('reads the targets that the stack names', () => {
    const targets = '[{"kind":"security-group","exclusive":true,"ports":[443],"ids":["sg-0"]}]';
    expect(readSettings(environment({ TARGETS: targets })).targets).toEqual([
      { kind: 'security-group', id: 'sg-0', exclusive: true, ports: [443] },
    ]);
  });

  it('merges extra ranges, also two that are wider together than one may be', () => {
    const { extraRanges } = readSettings(environment({ EXTRA_RANGES: '8.8.0.0/20,8.8.16.0/20' }));
    expect(extraRanges.map(formatRange)).toEqual(['8.8.0.0/19']);
  });

  it('ignores other variables', () => {
    expect(readSettings(environment({ AWS_REGION: 'eu-west-1', PATH: '/bin' }))).toEqual(readSettings(environment()));
  });

  test.each([
    'OWNER',
    'INTERCOM_REGIONS',
    'FEED_BASE_URL',
    'STATE_TABLE',
    'TARGETS',
    'REMOVAL_GRACE_HOURS',
    'MAX_REMOVAL_SHARE',
  ])('%s must have a value', (key) => {
    const allowed = 'Allowed: a value; deploy the stack again.';
    expect(() => readSettings(environment({ [key]: undefined }))).toThrow(InvalidConfigError);
    expect(() => readSettings(environment({ [key]: undefined }))).toThrow(
      `${key}: undefined is not allowed. ${allowed}`,
    );
    expect(() => readSettings(environment({ [key]: '' }))).toThrow(`${key}: "" is not allowed. ${allowed}`);
  });

  test.each([
    ['an unknown region', { INTERCOM_REGIONS: 'us,ca' }, 'REGIONS: "ca" is not allowed. Allowed: us, eu, au.'],
    ['a region in upper case', { INTERCOM_REGIONS: 'US' }, 'REGIONS: "US" is not allowed. Allowed: us, eu, au.'],
    [
      'a property name of objects',
      { INTERCOM_REGIONS: 'toString' },
      'REGIONS: "toString" is not allowed. Allowed: us, eu, au.',
    ],
    [
      'a feed without TLS',
      { FEED_BASE_URL: 'http://feeds.example.com' },
      'FEED_BASE_URL: "http://feeds.example.com" is not allowed. Allowed: an https: URL',
    ],
    [
      'a feed that is not a URL',
      { FEED_BASE_URL: 'feeds' },
      'FEED_BASE_URL: "feeds" is not allowed. Allowed: an https: URL',
    ],
    [
      'a negative grace period',
      { REMOVAL_GRACE_HOURS: '-1' },
      'REMOVAL_GRACE_HOURS: "-1" is not allowed. Allowed: a number from 0 to 720.',
    ],
    [
      'a share in percent',
      { MAX_REMOVAL_SHARE: '50' },
      'MAX_REMOVAL_SHARE: "50" is not allowed. Allowed: a number from 0 to 1.',
    ],
  ])('%s is rejected with the variable, its value and the allowed values', (_rule, overrides, message) => {
    expect(() => readSettings(environment(overrides))).toThrow(InvalidConfigError);
    expect(() => readSettings(environment(overrides))).toThrow(message);
  });
});

describe('readRequest', () => {
  const PLAN_ID = '0123456789ab';

  test.each([
    ['an empty payload applies', {}, { mode: 'apply' }],
    ['no payload applies', undefined, { mode: 'apply' }],
    ['null applies', null, { mode: 'apply' }],
    ['the mode "apply" applies', { mode: 'apply' }, { mode: 'apply' }],
    ['the mode "plan" only plans', { mode: 'plan' }, { mode: 'plan' }],
    [
      'a schedule applies, and the run throws if it fails',
      { trigger: 'schedule' },
      { mode: 'apply', scheduled: true, by: 'schedule' },
    ],
    ['an approval applies', { approve: PLAN_ID }, { mode: 'apply', approve: PLAN_ID }],
    ['a decline applies the rest', { decline: PLAN_ID }, { mode: 'apply', decline: PLAN_ID }],
    ['a decline says by whom', { decline: PLAN_ID, by: 'Ann' }, { mode: 'apply', decline: PLAN_ID, by: 'Ann' }],
    ['a run says by whom', { by: 'Ann' }, { mode: 'apply', by: 'Ann' }],
    ['a plan says by whom', { mode: 'plan', by: 'Ann' }, { mode: 'plan', by: 'Ann' }],
    ['an approval says by whom', { approve: PLAN_ID, by: 'Ann' }, { mode: 'apply', approve: PLAN_ID, by: 'Ann' }],
    ['a caller without a name is unknown', { by: ' ' }, { mode: 'apply', by: 'unknown' }],
    ['line breaks in a caller are escaped', { by: 'Ann\nroot' }, { mode: 'apply', by: 'Ann\\u{a}root' }],
    ['a caller of 10,000 characters is cut', { by: 'x'.repeat(10_000) }, { mode: 'apply', by: 'x'.repeat(256) }],
    [
      'escapes do not make a caller longer',
      { by: `x${'\n'.repeat(99)}x` },
      { mode: 'apply', by: `x${'\\u{a}'.repeat(51)}` },
    ],
  ])('%s', (_rule, payload, request) => {
    expect(readRequest(payload)).toEqual(request);
  });

  // An operator who misspells "plan" must not apply changes by mistake.
  test.each([
    ['an unknown mode', { mode: 'dry-run' }],
    ['an array', []],
    ['a mode in upper case', { mode: 'PLAN' }],
    ['a mode that is not a string', { mode: true }],
    ['null as the mode', { mode: null }],
    ['an unknown key', { Mode: 'plan' }],
    ['an unknown key in addition to the mode', { mode: 'plan', force: true }],
    ['an approval in mode "plan"', { mode: 'plan', approve: PLAN_ID }],
    ['a decline in mode "plan"', { mode: 'plan', decline: PLAN_ID }],
    ['an approval and a decline', { approve: PLAN_ID, decline: PLAN_ID }],
    ['a decline of several plans', { decline: [PLAN_ID] }],
    ['an approval with an empty id', { approve: '' }],
    ['an approval without an id', { approve: true }],
    ['an approval of several plans', { approve: [PLAN_ID] }],
    ['an approval with half an id', { approve: '012345' }],
    ['an approval with text after the id', { approve: `${PLAN_ID}0` }],
    ['an approval with text before the id', { approve: `0${PLAN_ID}` }],
    ['a caller that is no text', { by: 7 }],
    ['a schedule that names a caller', { trigger: 'schedule', by: 'Ann' }],
    ['a string', 'plan'],
    ['an empty string', ''],
    ['a number', 0],
    ['false', false],
    ['an array with a mode', [{ mode: 'plan' }]],
  ])('%s is rejected with the payload and the allowed payloads', (_rule, payload) => {
    expect(() => readRequest(payload)).toThrow(InvalidConfigError);
    expect(() => readRequest(payload)).toThrow(
      `payload: ${JSON.stringify(payload)} is not allowed. Allowed: {}, {"mode":"apply"}, {"mode":"plan"}, {"approve":"<planId>"} or {"decline":"<planId>"}`,
    );
  });

  it('a payload that is refused is not repeated whole', () => {
    const refuse = () => readRequest({ mode: 'aply', by: 'x'.repeat(10_000) });
    expect(refuse).toThrow(/^payload: .{1,340}\.\.\." is not allowed/);
  });
});
