import {
  type AclAction,
  type AclRule,
  assessWebAcl,
  decideRequest,
  type Protection,
  type WebAclFacts,
} from '../../../lambda/core/guards/web-acl';
import { parseRange } from '../../../lambda/core/ranges/range';
import type { WebAclGuard } from '../../../lambda/shared/guards';

const ACL = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/Allow/1';
const V4 = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/Allow-v4/1';
const V6 = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/Allow-v6/1';
const PARTNERS = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/partners/1';
const STAGE = 'arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5/stages/live';

const guard: WebAclGuard = { kind: 'web-acl', id: ACL, mode: 'block', protects: [STAGE], ipSets: [V4, V6] };

function rule(name: string, priority: number, overrides: Partial<AclRule> = {}): AclRule {
  return { name, priority, action: 'allow', matches: name, ...overrides };
}

const OWN = [
  rule('intercom-ipv4', 0, { ipSet: V4 }),
  rule('intercom-ipv6', 1, { ipSet: V6 }),
  rule('blocked-like-intercom', 2, { action: 'block' }),
];

function acl(overrides: Partial<WebAclFacts> = {}): WebAclFacts {
  const firewallManager = { before: [], after: [] };
  return { arn: ACL, name: 'Allow', defaultAction: 'block', rules: OWN, firewallManager, ...overrides };
}

function assess(overrides: Partial<WebAclFacts> | undefined, mode: WebAclGuard['mode'] = 'block') {
  const inFront: Protection = { resource: STAGE, acl: overrides && acl(overrides) };
  return assessWebAcl({ ...guard, mode }, [inFront]);
}

const replaced = (name: string, change: Partial<AclRule>) =>
  OWN.map((own) => (own.name === name ? { ...own, ...change } : own));

it('a web ACL as deployed guards', () => {
  expect(assess({})).toEqual({ outcome: 'guarding', problems: [], notes: [] });
});

it.each<[string, Partial<WebAclFacts> | undefined, RegExp]>([
  [
    'no web ACL is in front of the resource',
    undefined,
    /^No web ACL is in front of .*\/live, so every request is allowed\. Associate /,
  ],
  [
    'another web ACL is in front of the resource',
    { arn: `${ACL}2`, name: 'other' },
    /^Web ACL other is in front of .*, so that web ACL decides which requests are allowed\./,
  ],
  [
    'the default action allows',
    { defaultAction: 'allow' },
    /^Its default action is Allow, so every request is allowed\. /,
  ],
  [
    'the rule of a set is missing',
    { rules: OWN.slice(1) },
    /^No rule allows IP set .*Allow-v4\/1, so Intercom's notifications/,
  ],
  [
    'the rule of a set counts',
    { rules: replaced('intercom-ipv6', { action: 'count' }) },
    /^Rule intercom-ipv6 \(priority 1\) does not allow/,
  ],
  [
    'the rule of a set takes a header',
    { rules: replaced('intercom-ipv4', { header: 'X-Real-IP' }) },
    /from the header X-Real-IP, which any sender can set/,
  ],
  [
    'a rule of others allows',
    { rules: [...OWN, rule('geo', 9, { matches: 'country NL' })] },
    /^Rule geo \(priority 9\) allows requests that match country NL/,
  ],
  [
    'a rule of others blocks first',
    { rules: [rule('geo', -1, { action: 'block', matches: 'country NL' }), ...OWN] },
    /^Rule geo \(priority -1\) stops requests that match country NL before intercom-ipv4 and intercom-ipv6 can allow them/,
  ],
  [
    'a captcha comes first',
    { rules: [rule('bots', -1, { action: 'captcha' }), ...OWN] },
    /^Rule bots \(priority -1\) stops requests/,
  ],
  [
    'the own blocking rule comes first',
    { rules: replaced('blocked-like-intercom', { priority: -1 }) },
    /^Rule blocked-like-intercom \(priority -1\) stops/,
  ],
])('it is one problem when %s', (_case, overrides, problem) => {
  const { outcome, problems } = assess(overrides);
  expect({ outcome, problems }).toEqual({ outcome: 'exposed', problems: [expect.stringMatching(problem)] });
});

it('a rule that allows another IP set instead of the own one lets others in, and blocks Intercom', () => {
  const { problems } = assess({ rules: replaced('intercom-ipv4', { ipSet: PARTNERS, matches: 'IP set partners' }) });
  expect(problems).toEqual([
    expect.stringMatching(/^No rule allows IP set .*Allow-v4/),
    expect.stringMatching(/^Rule intercom-ipv4 \(priority 0\) allows requests that match IP set partners/),
  ]);
});

it('rules of others that only count, or that block or run a group later, are named, and no problem', () => {
  const rules = [
    ...OWN,
    rule('looks', -1, { action: 'count' }),
    rule('managed', 8, { action: 'group' }),
    rule('later', 9, { action: 'block' }),
  ];
  const firewallManager = { before: ['central'], after: ['last-resort'] };
  expect(assess({ rules, firewallManager })).toEqual({
    outcome: 'guarding',
    problems: [],
    notes: [
      'Rules of others: looks (priority -1, count), managed (priority 8, group), later (priority 9, block)',
      'Rule groups of Firewall Manager, not assessed: central (first), last-resort (last)',
    ],
  });
});

describe('a rule group', () => {
  const GROUP = 'arn:aws:wafv2:eu-west-1:111122223333:regional/rulegroup/team/1';
  const groupRule = (overrides: [string, AclAction][] = [], action: AclAction = 'group', arn?: string, priority = 5) =>
    rule('ours', priority, { action, matches: 'rule group team', group: { arn, overrides: new Map(overrides) } });
  const assessGroup = (inGroup: AclRule[], reference = groupRule([], 'group', GROUP), own = OWN) =>
    assessWebAcl(guard, [{ resource: STAGE, acl: acl({ rules: [...own, reference] }) }], new Map([[GROUP, inGroup]]));
  const geo = rule('geo', 0, { matches: 'country NL' });

  it('with a rule that allows is a problem that names both', () => {
    expect(assessGroup([geo, rule('bots', 1, { action: 'block' })]).problems).toEqual([
      'Rule geo of rule group team (priority 5) allows requests that match country NL, which the allowlist does not control. Remove the ' +
        'rule, or set its action to Count',
    ]);
  });

  it.each<[string, AclRule[], AclRule]>([
    ['only blocks or counts', [rule('geo', 0, { action: 'block' })], groupRule([], 'group', GROUP)],
    ['is overridden to count', [geo], groupRule([], 'count', GROUP)],
    ['has its rule overridden to count', [geo], groupRule([['geo', 'count']], 'group', GROUP)],
    ['allows the IP sets of the web ACL, as the exported one does', OWN.slice(0, 2), groupRule([], 'group', GROUP)],
    ['is managed, and no action is overridden to allow', [], groupRule([['BadBots', 'count']])],
  ])('that %s is no problem', (_case, inGroup, reference) => {
    expect(assessGroup(inGroup, reference)).toMatchObject({ outcome: 'guarding', problems: [] });
  });

  it.each<[string, AclRule[], AclRule, string]>([
    [
      'has a rule that blocks',
      [rule('bots', 7, { action: 'block', matches: 'country NL' })],
      groupRule([], 'group', GROUP, -1),
      'Rule bots of rule group team (priority -1) stops requests that match country NL before',
    ],
    [
      'blocks one of the IP sets',
      [rule('intercom-ipv4', 7, { action: 'block', ipSet: V4, matches: 'IP set Allow-v4' })],
      groupRule([], 'group', GROUP, -1),
      'Rule intercom-ipv4 of rule group team (priority -1) stops requests that match IP set Allow-v4 before',
    ],
    [
      'is managed',
      [],
      groupRule([['BadBots', 'count']], 'group', undefined, -1),
      'Rule ours (priority -1) runs rule group team, which may stop requests before',
    ],
    [
      'belongs to another account',
      [],
      groupRule([], 'group', `${GROUP}2`, -1),
      'Rule ours (priority -1) runs rule group team, which may stop requests before',
    ],
  ])(
    'that %s is one problem before the rules that allow the IP sets, and none after them',
    (_case, inGroup, reference, problem) => {
      expect(assessGroup(inGroup, reference).problems).toEqual([
        `${problem} intercom-ipv4 and intercom-ipv6 can allow them, so Intercom's notifications may be blocked. Give it a higher priority number`,
      ]);
      expect(assessGroup(inGroup, { ...reference, priority: 5 }).problems).toEqual([]);
    },
  );

  it.each<[string, AclRule[], AclRule]>([
    ['only counts', [rule('bots', 0, { action: 'block' })], groupRule([], 'count', GROUP, -1)],
    ['only has rules that count', [rule('bots', 0, { action: 'count' })], groupRule([], 'group', GROUP, -1)],
  ])('that %s is no problem wherever it stands', (_case, inGroup, reference) => {
    expect(assessGroup(inGroup, reference).problems).toEqual([]);
  });

  it('that allows the IP sets is enough without the two rules in the web ACL itself', () => {
    expect(assessGroup(OWN.slice(0, 2), groupRule([], 'group', GROUP), OWN.slice(2)).problems).toEqual([
      expect.stringMatching(
        /^Rule blocked-like-intercom .* before intercom-ipv4 of rule group team and intercom-ipv6 of/,
      ),
    ]);
  });

  it('that allows one of the IP sets by a header is a problem', () => {
    const byHeader = rule('intercom-ipv4', 0, { ipSet: V4, header: 'X-Real-IP', matches: 'IP set Allow-v4' });
    expect(assessGroup([byHeader]).problems).toEqual([expect.stringMatching(/^Rule intercom-ipv4 of rule group team/)]);
  });

  it.each([
    ['managed', undefined],
    ['own', GROUP],
  ])('that is %s and has an action overridden to allow is a problem', (_kind, arn) => {
    const blocked = rule('BadBots', 0, { action: 'block', matches: 'its statement' });
    expect(assessGroup([blocked], groupRule([['BadBots', 'allow']], 'group', arn)).problems).toEqual([
      expect.stringMatching(
        /^Rule BadBots of rule group team \(priority 5\) allows requests that match its statement,/,
      ),
    ]);
  });

  it('of another account is worth knowing, because it cannot be read', () => {
    const { notes } = assessGroup([], groupRule([], 'group', `${GROUP}2`));
    expect(notes).toEqual([
      'Rules of others: ours (priority 5, group)',
      'Rule groups of another account, not assessed: ours',
    ]);
  });
});

it('of several resources each must have the web ACL in front of it', () => {
  const other = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/hooks/1';
  const { problems } = assessWebAcl(guard, [
    { resource: STAGE, acl: acl() },
    { resource: other, acl: undefined },
  ]);
  expect(problems).toEqual([expect.stringContaining(`No web ACL is in front of ${other}`)]);
});

it('with webAclMode=count a web ACL that allows by default is counting, and says that it blocks nothing', () => {
  expect(assess({ defaultAction: 'allow' }, 'count')).toEqual({
    outcome: 'counting',
    problems: [],
    notes: ['It counts and blocks nothing, as webAclMode=count configures it'],
  });
});

it('with webAclMode=count a default action that blocks is a problem', () => {
  expect(assess({}, 'count').problems).toEqual([
    expect.stringMatching(/^Its default action is Block although webAclMode is count/),
  ]);
});

describe('a request from an address', () => {
  const contents = new Map([
    [V4, [parseRange('34.0.0.0/24')]],
    [V6, []],
  ]);
  const decide = (overrides: Partial<WebAclFacts> = {}, address = '34.0.0.1') =>
    decideRequest(acl(overrides), parseRange(address), contents);

  it.each<[string, Partial<WebAclFacts>, string, boolean, string]>([
    ['passes by the rule of its set', {}, '34.0.0.1', true, 'its rule intercom-ipv4 allows it'],
    ['is blocked by default', {}, '8.8.8.8', false, 'its default action blocks it'],
    [
      'passes by a default action that allows',
      { defaultAction: 'allow' },
      '8.8.8.8',
      true,
      'its default action allows it',
    ],
    [
      'passes only if no earlier rule of others decides',
      { rules: [rule('geo', -1, { action: 'block', matches: 'country NL' }), ...OWN] },
      '34.0.0.1',
      true,
      'its rule intercom-ipv4 allows it, unless one of these decides first: geo (block, if country NL matches)',
    ],
    [
      'is not assessed by a set that takes a header',
      { rules: replaced('intercom-ipv4', { header: 'X-Real-IP', matches: 'IP set' }) },
      '34.0.0.1',
      false,
      'its default action blocks it, unless one of these decides first: intercom-ipv4 (allow, if IP set matches)',
    ],
    [
      'may be decided by Firewall Manager',
      { firewallManager: { before: ['first'], after: ['last'] } },
      '8.8.8.8',
      false,
      'its default action blocks it, unless one of these decides first: first, last',
    ],
  ])('%s', (_case, overrides, address, passes, why) => {
    expect(decide(overrides, address)).toEqual({ passes, why });
  });
});
