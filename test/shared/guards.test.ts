import { InvalidConfigError } from '../../lambda/shared/errors';
import { type GuardSetting, guardName } from '../../lambda/shared/guards';
import { parseGuards } from '../../lambda/shared/parse-guards';

const WEB_ACL = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/Allow/1';
const IP_SET = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/Allow-v4/1';
const LOAD_BALANCER = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/hooks/1';
const GUARDS: readonly GuardSetting[] = [
  { kind: 'web-acl', id: WEB_ACL, mode: 'count', protects: [LOAD_BALANCER], ipSets: [IP_SET] },
  { kind: 'api-stage', id: 'a1/live' },
  { kind: 'api-stage', id: 'a1/live', vpcEndpoint: 'vpce-1' },
  { kind: 'load-balancer', id: LOAD_BALANCER, listener: 'arn', securityGroups: ['sg-1'] },
  { kind: 'security-group', id: 'sg-1', admits: ['pl-1'] },
  { kind: 'receiver', id: 'bus', secret: 'arn', queue: 'https://sqs' },
];

it('guards are read as the stack writes them', () => {
  expect(parseGuards(JSON.stringify(GUARDS), 'GUARDS')).toEqual(GUARDS);
});

it.each(['', '{}', '[{"kind":"moat","id":"x"}]', '[{"kind":"receiver","id":"bus"}]', '[{"kind":"api-stage","id":""}]'])(
  'guards that no stack writes are rejected with the variable and its value: %s',
  (text) => {
    expect(() => parseGuards(text, 'GUARDS')).toThrow(InvalidConfigError);
    expect(() => parseGuards(text, 'GUARDS')).toThrow(
      `GUARDS: ${JSON.stringify(text)} is not allowed. Allowed: the guards as the stack`,
    );
  },
);

it('each guard is called as people call it', () => {
  expect(GUARDS.map(guardName)).toEqual([
    'web ACL Allow',
    'API stage a1/live',
    'API stage a1/live',
    'load balancer hooks',
    'security group sg-1',
    'receiver with event bus bus',
  ]);
});
