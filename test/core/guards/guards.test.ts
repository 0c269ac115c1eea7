import { type ApiFacts, assessApiStage } from '../../../lambda/core/guards/api-stage';
import { assessLoadBalancer, type LoadBalancerFacts } from '../../../lambda/core/guards/load-balancer';
import { assessReceiver, type ReceiverFacts } from '../../../lambda/core/guards/receiver';
import { assessSecurityGroup } from '../../../lambda/core/guards/security-group';

const NOW = new Date('2026-11-26T09:05:00Z');
const SOUND = { outcome: 'guarding', problems: [], notes: [] };

describe('the API stage', () => {
  const policyOf = (endpoint: unknown, condition = 'StringEquals') =>
    JSON.stringify({
      Statement: [
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 'execute-api:Invoke',
          Condition: { [condition]: { 'aws:SourceVpce': endpoint } },
        },
      ],
    });
  const isPublic = { endpointTypes: ['REGIONAL'], policy: undefined, endpointDisabled: false };
  const isPrivate = { ...isPublic, endpointTypes: ['PRIVATE'], policy: policyOf('vpce-1') };
  const assess = (facts: Partial<ApiFacts> & { api: ApiFacts['api'] }, vpcEndpoint?: string) =>
    assessApiStage(
      { kind: 'api-stage', id: 'a1/live', ...(vpcEndpoint && { vpcEndpoint }) },
      { stages: [{ name: 'live', webAcl: 'arn' }], ...facts },
    );

  it.each([
    ['a public API', isPublic, undefined],
    ['a private API', isPrivate, 'vpce-1'],
    [
      'a private API whose policy API Gateway answers escaped',
      { ...isPrivate, policy: JSON.stringify(isPrivate.policy).slice(1, -1) },
      'vpce-1',
    ],
    ['a private API whose policy has a list of one endpoint', { ...isPrivate, policy: policyOf(['vpce-1']) }, 'vpce-1'],
  ])('%s as deployed guards', (_case, api, vpcEndpoint) => {
    expect(assess({ api }, vpcEndpoint)).toEqual(SOUND);
  });

  it.each([
    ['a public API that became private', isPrivate, undefined, /is PRIVATE, so nobody/],
    [
      'a private API that became public',
      { ...isPublic, policy: policyOf('vpce-1') },
      'vpce-1',
      /^API a1 is REGIONAL instead of PRIVATE/,
    ],
    [
      'a disabled endpoint',
      { ...isPublic, endpointDisabled: true },
      undefined,
      /^The default endpoint of API a1 is disabled/,
    ],
    [
      'a policy without a condition',
      { ...isPrivate, policy: '{"Statement":{"Effect":"Allow","Principal":"*"}}' },
      'vpce-1',
      /allows more than interface endpoint vpce-1/,
    ],
    [
      'a policy with one more endpoint',
      { ...isPrivate, policy: policyOf(['vpce-1', 'vpce-2']) },
      'vpce-1',
      /allows more than/,
    ],
    [
      'a policy with another condition',
      { ...isPrivate, policy: policyOf('vpce-1', 'StringNotEquals') },
      'vpce-1',
      /allows more than/,
    ],
    ['no policy', { ...isPrivate, policy: undefined }, 'vpce-1', /allows nobody/],
    ['a policy that is no JSON', { ...isPrivate, policy: '{' }, 'vpce-1', /allows nobody/],
  ])('%s is one problem', (_case, api, vpcEndpoint, problem) => {
    expect(assess({ api }, vpcEndpoint).problems).toEqual([expect.stringMatching(problem)]);
  });

  it('an API or a stage that does not exist is one problem', () => {
    expect(assess({ api: undefined }).problems).toEqual([expect.stringMatching(/^API a1 does not exist/)]);
    expect(assess({ api: isPublic, stages: [] }).problems).toEqual([
      expect.stringMatching(/^Stage live of API a1 does not exist/),
    ]);
  });

  const withStage = (webAcl?: string) => [
    { name: 'live', webAcl: 'arn' },
    { name: 'beta', webAcl },
  ];

  it('another stage of a public API without a web ACL is a problem, because it invokes the same receiver', () => {
    expect(assess({ api: isPublic, stages: withStage() }).problems).toEqual([
      'No web ACL is in front of stage beta of the API, so every request to it is allowed and reaches the receiver. Delete the stage, or ' +
        'associate the web ACL of the stack with it',
    ]);
  });

  it('another stage is no problem behind a web ACL, or in a private API', () => {
    expect(assess({ api: isPublic, stages: withStage('arn:2') })).toEqual(SOUND);
    expect(assess({ api: isPrivate, stages: withStage() }, 'vpce-1')).toEqual(SOUND);
  });

  it('a resource policy on a public API is worth knowing', () => {
    expect(assess({ api: { ...isPublic, policy: policyOf('vpce-1') } })).toMatchObject({
      outcome: 'guarding',
      notes: [expect.stringContaining('resource policy')],
    });
  });
});

describe('the load balancer', () => {
  const https = { arn: 'listener-1', protocol: 'HTTPS', port: 443 };
  const sound = { securityGroups: ['sg-1'], listeners: [https], forwarding: [{ hostNames: [] }] };
  const assess = (facts: LoadBalancerFacts) =>
    assessLoadBalancer({ kind: 'load-balancer', id: 'lb', listener: 'listener-1', securityGroups: ['sg-1'] }, facts);

  it('with its own group and listener guards', () => {
    expect(assess(sound)).toEqual(SOUND);
  });

  it.each([
    ['that does not exist', undefined, /^It does not exist/],
    [
      'with another group in addition',
      { ...sound, securityGroups: ['sg-1', 'sg-2'] },
      /^It also has security group sg-2, whose rules/,
    ],
    [
      'without its group',
      { ...sound, securityGroups: [] },
      /^It no longer has security group sg-1, .* Set its security groups to sg-1$/,
    ],
    [
      'without its listener',
      { ...sound, listeners: [], forwarding: [] },
      /^Its HTTPS listener listener-1 does not exist/,
    ],
    [
      'whose listener forwards nothing',
      { ...sound, forwarding: [] },
      /^No rule of its HTTPS listener forwards requests/,
    ],
    ['whose listener is not HTTPS', { ...sound, listeners: [{ ...https, protocol: 'HTTP' }] }, /^Its HTTPS listener/],
  ])('%s has one problem', (_case, facts, problem) => {
    expect(assess(facts).problems).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    ['guards if a rule rewrites the host name to that of the API', ['api.example.com'], []],
    [
      'has a problem if no rule rewrites the host name to that of the API',
      ['other.example.com'],
      [expect.stringMatching(/^No rule of its HTTPS listener rewrites the host name to api\.example\.com/)],
    ],
  ])('%s', (_case, hostNames, problems) => {
    const guard = { kind: 'load-balancer', id: 'lb', listener: 'listener-1', securityGroups: ['sg-1'] } as const;
    const facts = { ...sound, forwarding: [{ hostNames: [] }, { hostNames }] };
    expect(assessLoadBalancer({ ...guard, hostName: 'api.example.com' }, facts).problems).toEqual(problems);
  });

  it('names listeners of others', () => {
    const listeners = [https, { arn: 'listener-2', protocol: 'HTTP', port: 80 }];
    expect(assess({ ...sound, listeners })).toEqual({ ...SOUND, notes: ['Listeners of others: HTTP 80'] });
  });
});

describe('a security group that only refers', () => {
  const assess = (...sources: string[]) =>
    assessSecurityGroup(
      { kind: 'security-group', id: 'sg-1', admits: ['pl-1'] },
      sources.map((source, i) => ({ source, label: `rule sgr-${i} (tcp 443)`, opensHttps: true })),
    );

  it('guards if it admits what it is to admit', () => {
    expect(assess('pl-1')).toEqual(SOUND);
  });

  it.each([
    ['a rule of others', ['pl-1', '0.0.0.0/0'], /^Its rule sgr-1 \(tcp 443\) allows 0\.0\.0\.0\/0/],
    ['a missing rule', [], /^No rule allows pl-1 at port 443, so notifications are blocked/],
  ])('%s is one problem', (_case, sources, problem) => {
    expect(assess(...sources).problems).toEqual([expect.stringMatching(problem)]);
  });
});

it('a security group whose rule was moved to another port blocks notifications', () => {
  const rules = [{ source: 'pl-1', label: 'rule sgr-1 (tcp 80)', opensHttps: false }];
  expect(assessSecurityGroup({ kind: 'security-group', id: 'sg-1', admits: ['pl-1'] }, rules).problems).toEqual([
    'No rule allows pl-1 at port 443, so notifications are blocked. Add the rule again: TCP 443 from pl-1',
  ]);
});

describe('the receiver', () => {
  const guard = { kind: 'receiver', id: 'bus', secret: 'arn:secret', queue: 'https://sqs/queue' } as const;
  const secret = { state: 'set', createdAt: new Date('2026-11-01T09:05:00Z'), ignoredLines: [] } as const;
  const assess = (facts: Partial<ReceiverFacts> = {}) =>
    assessReceiver(guard, { busExists: true, secret, queueExists: true, ...facts }, NOW);

  it('with its bus, its secret and its queue guards', () => {
    expect(assess()).toEqual(SOUND);
  });

  it.each<[string, Partial<ReceiverFacts>, RegExp]>([
    [
      'no event bus',
      { busExists: false },
      /^Event bus bus does not exist\. .* notifications are lost although Intercom gets 200/,
    ],
    ['no overflow queue', { queueExists: false }, /^Overflow queue https:\/\/sqs\/queue does not exist/],
    ['no secret', { secret: undefined }, /^Secret arn:secret does not exist or is scheduled for deletion/],
    [
      'an empty secret',
      { secret: { ...secret, state: 'empty' } },
      /^The client secret is empty, so every notification is answered 503/,
    ],
    [
      'a placeholder older than a day',
      { secret: { ...secret, state: 'placeholder' } },
      /^The client secret is still the placeholder/,
    ],
    [
      'a secret that is JSON or a comment',
      { secret: { ...secret, state: 'unusable', ignoredLines: [1] } },
      /^The client secret holds text that is no client secret, such as JSON or a comment/,
    ],
  ])('%s is one problem', (_case, facts, problem) => {
    expect(assess(facts).problems).toEqual([expect.stringMatching(problem)]);
  });

  it.each(['empty', 'placeholder', 'unusable'] as const)(
    'says of a secret that is %s that its previous version may still verify notifications, because the receiver reads both',
    (state) => {
      expect(assess({ secret: { ...secret, state } }).problems).toEqual([
        expect.stringMatching(
          /answered 503 and lost, unless the previous version of the secret still verifies it\. The next put-secret-value ends that\. Store it: /,
        ),
      ]);
    },
  );

  it('gives the operator of a new stack a day to store the client secret, and says what to do', () => {
    const createdAt = new Date('2026-11-26T08:05:00Z');
    expect(assess({ secret: { state: 'placeholder', createdAt, ignoredLines: [1] } })).toEqual({
      outcome: 'guarding',
      problems: [],
      notes: [
        expect.stringMatching(/^The client secret is not stored yet, .* put-secret-value --secret-id arn:secret/),
      ],
    });
  });

  it('guards if only some lines of the secret are ignored, and says which, because one may be the secret of an app', () => {
    const { outcome, notes } = assess({ secret: { ...secret, ignoredLines: [1, 3] } });
    expect(outcome).toBe('guarding');
    expect(notes).toEqual([
      expect.stringMatching(
        /^The receiver ignores 2 lines of the client secret \(1, 3\), .* answered 401 and lost\. Store/,
      ),
    ]);
  });
});
